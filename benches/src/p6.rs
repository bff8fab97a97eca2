//! P6: requests that one CPU second answers, and how that changes with the number of workspaces.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::json;
use tokio::task::JoinSet;

use crate::Bench;
use crate::harness::clone::ensure_clones;
use crate::harness::database;
use crate::harness::load::{self, Load};
use crate::harness::numbers::exponent;
use crate::harness::programs::Side;
use crate::harness::server::{Cost, Server};
use crate::harness::table::{Table, less, more, number};
use crate::harness::template::agent_workspace;

const CONNECTIONS: usize = 8;
/// Workspaces at which the reference was measured.
const WORKSPACES: usize = 61;
const USERS: usize = 20;
/// `(name, path, target, what is compared with it)`; `{id}` is a workspace.
pub const ROUTES: [(&str, &str, &str); 5] = [
    ("/users/me", "/api/v2/users/me", "≥ 20×"),
    ("/workspaces, 25", LIST, "≥ 50×"),
    ("one workspace", "/api/v2/workspaces/{id}", "≥ 50×"),
    ("/templates", "/api/v2/templates", "≥ 50×"),
    ("/users", "/api/v2/users", "≥ 30×"),
];
pub const LIST: &str = "/api/v2/workspaces?q=owner:me&limit=25";

pub async fn run(bench: &Bench) -> Result<Table> {
    let mut table = Table::new("P6 requests per CPU second (8 connections)");
    for side in bench.programs.sides() {
        measure(bench, side, &mut table).await?;
    }
    Ok(table)
}

async fn measure(bench: &Bench, side: Side, table: &mut Table) -> Result<()> {
    let server = Server::start(bench, side).await?;
    let seed = agent_workspace(&server, "seed").await?;
    create_users(&server).await?;
    ensure_clones(&server, &seed, WORKSPACES - 1).await?;
    server.settle(Duration::from_secs(10)).await?;
    let floor = if side == Side::Ours { select_ones(bench, &server).await? } else { f64::NAN };
    for (name, path, target) in ROUTES {
        let (load, cost) = measure_path(bench, &server, &path.replace("{id}", &seed.id)).await?;
        let requests = load.requests as f64;
        let own = format!("{name}: of the server's CPU");
        table.set(more(&own, "/s", target), side, requests / cost.server_cpu_s);
        let both = format!("{name}: with the database's CPU");
        let half = target.strip_prefix("≥ ").and_then(|t| t.strip_suffix('×')?.parse::<f64>().ok());
        let half = half.map_or(String::new(), |ratio| format!("≥ {:.0}×", ratio / 2.0));
        table.set(more(&both, "/s", &half), side, requests / (cost.server_cpu_s + cost.database_cpu_s));
        if side == Side::Ours {
            let statements = cost.statements as f64 / requests;
            let inside = cost.statements_ms / requests;
            table.limit(
                &both,
                format!(
                    "{} SQL of {} ms; SELECT 1: {}/s of database CPU",
                    number(statements),
                    number(inside),
                    number(floor)
                ),
            );
        }
        table.set(less(&format!("{name}: p99"), "ms", "≤ 10"), side, load.p99_ms);
        table.set(more(&format!("{name}: wall"), "/s", ""), side, requests / cost.wall_s);
        eprintln!("  {side:?}: {name}: p50 {} ms", number(load.p50_ms));
    }
    growth(bench, side, &server, &seed, table).await
}

/// The list of 25 with ever more workspaces behind it.
async fn growth(
    bench: &Bench,
    side: Side,
    server: &Server,
    seed: &crate::harness::template::Workspace,
    table: &mut Table,
) -> Result<()> {
    let mut points = Vec::new();
    for size in bench.pick([100, 400, 1_600], [100, 1_000, 10_000]) {
        let size = size.min(bench.largest);
        ensure_clones(server, seed, size - 1).await?;
        server.settle(Duration::from_secs(10)).await?;
        let (load, cost) = measure_path(bench, server, LIST).await?;
        let ms = (cost.server_cpu_s + cost.database_cpu_s) * 1000.0 / load.requests as f64;
        points.push((size as f64, ms));
        let what = format!("/workspaces, 25 of {size}: of both CPUs");
        table.set(more(&what, "/s", "flat"), side, 1000.0 / ms);
    }
    if let Some(slope) = exponent(&points) {
        table.note(format!("{side:?}: cost of the list grows with n^{slope:.2} (target: flat)"));
    }
    Ok(())
}

async fn measure_path(bench: &Bench, server: &Server, path: &str) -> Result<(Load, Cost)> {
    load::repeat(server, path, 20).await.context("warm up")?;
    let duration = Duration::from_secs(bench.pick(3, 8));
    server.cost_of(load::run(server, path, CONNECTIONS, duration)).await
}

async fn create_users(server: &Server) -> Result<()> {
    for n in 1..USERS {
        let user = json!({
            "email": format!("user{n}@example.com"), "username": format!("user{n}"), "name": "", "login_type": "none",
            "organization_ids": [server.organization],
        });
        server.post("/api/v2/users", &user).await?;
    }
    Ok(())
}

/// The floor: the smallest statement, prepared, on as many connections; per second of the database's CPU.
async fn select_ones(bench: &Bench, server: &Server) -> Result<f64> {
    let until = Instant::now() + Duration::from_secs(bench.pick(2, 4));
    let before = server.database.cpu_seconds()?;
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let client = database::connect(&server.database.url).await?;
        tasks.spawn(async move {
            let statement = client.prepare("SELECT 1").await?;
            let mut count = 0_u64;
            while Instant::now() < until {
                client.query_one(&statement, &[]).await?;
                count += 1;
            }
            Ok::<_, tokio_postgres::Error>(count)
        });
    }
    let mut count = 0;
    while let Some(joined) = tasks.join_next().await {
        count += joined??;
    }
    Ok(count as f64 / (server.database.cpu_seconds()? - before))
}
