//! P13: SQL round trips of the hot routes.

use std::time::Duration;

use anyhow::Result;

use crate::Bench;
use crate::harness::clone::ensure_clones;
use crate::harness::load;
use crate::harness::programs::Side;
use crate::harness::server::Server;
use crate::harness::table::{Table, less, number};
use crate::harness::template::agent_workspace;
use crate::p6::ROUTES;

pub async fn run(bench: &Bench) -> Result<Table> {
    let mut table = Table::new("P13 SQL statements for one request");
    for side in bench.programs.sides() {
        measure(bench, side, &mut table).await?;
    }
    table.note("steady state per agent: see P4");
    Ok(table)
}

async fn measure(bench: &Bench, side: Side, table: &mut Table) -> Result<()> {
    let server = Server::start(bench, side).await?;
    let seed = agent_workspace(&server, "seed").await?;
    for size in bench.pick([1, 61, 500], [1, 61, 1_000]) {
        ensure_clones(&server, &seed, size - 1).await?;
        server.settle(Duration::from_secs(10)).await?;
        for (name, path, _) in ROUTES {
            let path = path.replace("{id}", &seed.id);
            let each = statements(bench, &server, &path).await?;
            table.set(less(&format!("{name}, {size} workspaces"), "", "≤ 2"), side, each);
            if side == Side::Ours && each > 2.2 {
                explain(&server, &path).await?;
            }
        }
    }
    Ok(())
}

/// Statements of one request, those that the server runs by itself in that time taken off.
async fn statements(bench: &Bench, server: &Server, path: &str) -> Result<f64> {
    load::repeat(server, path, 10).await?;
    let count = bench.pick(100, 300);
    let ((), busy) = server.cost_of(load::repeat(server, path, count)).await?;
    let pause = Duration::from_secs_f64(busy.wall_s.max(1.0));
    let ((), idle) = server
        .cost_of(async {
            tokio::time::sleep(pause).await;
            Ok(())
        })
        .await?;
    let background = idle.statements as f64 * busy.wall_s / idle.wall_s;
    Ok((busy.statements as f64 - background).max(0.0) / count as f64)
}

/// Shows which statements a route that misses its target runs.
async fn explain(server: &Server, path: &str) -> Result<()> {
    server.database.reset_statements().await?;
    load::repeat(server, path, 10).await?;
    eprintln!("  statements of 10 × GET {path}:");
    for (calls, time, query) in server.database.top_statements(25).await? {
        eprintln!("    {calls:>5} × {} ms: {query}", number(time / calls.max(1) as f64));
    }
    Ok(())
}
