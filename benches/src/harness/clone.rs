//! Many workspaces from one: rows copied inside the benchmark's own database, where thousands of builds would take
//! hours. Works on both servers' schemas: only the columns that must differ are named.

use anyhow::{Context as _, Result};
use tokio_postgres::Client;
use uuid::Uuid;

use super::server::Server;
use super::template::Workspace;

/// A copied workspace's agent.
#[derive(Debug, Clone, Copy)]
pub struct AgentToken {
    pub id: Uuid,
    pub token: Uuid,
}

/// The seed workspace's own agent.
pub async fn seed_agent(server: &Server, seed: &Workspace) -> Result<AgentToken> {
    let client = server.database.client().await?;
    let seed = Seed::find(&client, seed).await?;
    let row = client.query_one("SELECT id, auth_token FROM workspace_agents WHERE id = $1", &[&seed.agent]).await?;
    Ok(AgentToken { id: row.get(0), token: row.get(1) })
}

/// Adds copies until there are `wanted` workspaces besides the seed; the agents of all copies.
pub async fn ensure_clones(server: &Server, seed: &Workspace, wanted: usize) -> Result<Vec<AgentToken>> {
    let client = server.database.client().await?;
    let seed = Seed::find(&client, seed).await?;
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS bench_clones (
                n integer PRIMARY KEY,
                workspace_id uuid NOT NULL, build_id uuid NOT NULL, job_id uuid NOT NULL,
                resource_id uuid NOT NULL, agent_id uuid NOT NULL, token uuid NOT NULL)",
        )
        .await?;
    let present: i64 = client.query_one("SELECT count(*) FROM bench_clones", &[]).await?.get(0);
    let (from, to) = (i32::try_from(present)? + 1, i32::try_from(wanted)?);
    if from <= to {
        let u = "gen_random_uuid()";
        let sql = format!(
            "INSERT INTO bench_clones SELECT n, {u}, {u}, {u}, {u}, {u}, {u} FROM generate_series($1::int, $2::int) n"
        );
        client.execute(&sql, &[&from, &to]).await?;
        seed.copy(&client, from).await?;
        client.batch_execute("ANALYZE").await?;
    }
    let rows = client.query("SELECT agent_id, token FROM bench_clones ORDER BY n LIMIT $1", &[&i64::from(to)]).await?;
    Ok(rows.iter().map(|row| AgentToken { id: row.get(0), token: row.get(1) }).collect())
}

/// The rows that are copied.
struct Seed {
    workspace: Uuid,
    build: Uuid,
    job: Uuid,
    resource: Uuid,
    agent: Uuid,
}

impl Seed {
    async fn find(client: &Client, workspace: &Workspace) -> Result<Self> {
        let workspace: Uuid = workspace.id.parse()?;
        let sql = "SELECT b.id, b.job_id, r.id, a.id FROM workspace_builds b
                   JOIN workspace_resources r ON r.job_id = b.job_id JOIN workspace_agents a ON a.resource_id = r.id
                   WHERE b.workspace_id = $1 ORDER BY b.build_number DESC LIMIT 1";
        let row = client.query_opt(sql, &[&workspace]).await?.context("the seed workspace has no agent")?;
        Ok(Self { workspace, build: row.get(0), job: row.get(1), resource: row.get(2), agent: row.get(3) })
    }

    /// Copies everything for the clones from number `from` on.
    async fn copy(&self, client: &Client, from: i32) -> Result<()> {
        let job = "'id', c.job_id, 'input', s.row->'input' || jsonb_build_object('workspace_build_id', c.build_id)";
        copy_rows(client, "provisioner_jobs", ("id", self.job), job, from).await?;
        let workspace = "'id', c.workspace_id, 'name', 'clone-' || c.n, 'latest_build_id', c.build_id";
        copy_rows(client, "workspaces", ("id", self.workspace), workspace, from).await?;
        let build = "'id', c.build_id, 'workspace_id', c.workspace_id, 'job_id', c.job_id";
        copy_rows(client, "workspace_builds", ("id", self.build), build, from).await?;
        let resource = "'id', c.resource_id, 'job_id', c.job_id";
        copy_rows(client, "workspace_resources", ("id", self.resource), resource, from).await?;
        let agent = "'id', c.agent_id, 'resource_id', c.resource_id, 'job_id', c.job_id, 'build_id', c.build_id, \
                     'workspace_id', c.workspace_id, 'auth_token', c.token";
        copy_rows(client, "workspace_agents", ("id", self.agent), agent, from).await?;
        let metadata = "'workspace_agent_id', c.agent_id";
        copy_rows(client, "workspace_agent_metadata", ("workspace_agent_id", self.agent), metadata, from).await
    }
}

/// Copies the rows of a table with `key.0 = key.1` for each clone. A table that a schema does not have is left out, and
/// so are overrides of columns that it does not have.
async fn copy_rows(client: &Client, table: &str, key: (&str, Uuid), overrides: &str, from: i32) -> Result<()> {
    let sql = "SELECT quote_ident(column_name) FROM information_schema.columns
               WHERE table_schema = current_schema() AND table_name = $1 AND is_generated = 'NEVER'";
    let columns: Vec<String> = client.query(sql, &[&table]).await?.iter().map(|row| row.get(0)).collect();
    if columns.is_empty() {
        return Ok(());
    }
    let values: Vec<String> = columns.iter().map(|column| format!("r.{column}")).collect();
    let sql = format!(
        "INSERT INTO {table} ({}) SELECT {} FROM bench_clones c
         CROSS JOIN (SELECT to_jsonb(t) AS row FROM {table} t WHERE t.{} = $1) s
         CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, s.row || jsonb_build_object({overrides})) r
         WHERE c.n >= $2",
        columns.join(", "),
        values.join(", "),
        key.0
    );
    client.execute(&sql, &[&key.1, &from]).await.with_context(|| format!("copy rows of {table}"))?;
    Ok(())
}
