//! P1: an idle server: memory, and the time from start to ready.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::Bench;
use crate::harness::agent;
use crate::harness::clone::ensure_clones;
use crate::harness::database;
use crate::harness::numbers::{exponent, median, ms};
use crate::harness::process;
use crate::harness::programs::Side;
use crate::harness::server::Server;
use crate::harness::table::{Table, less, number};
use crate::harness::template::agent_workspace;
use crate::p15;

const NEW: &str = "start to ready, new database";
const EXISTING: &str = "start to ready, existing database";
const FRESH: &str = "memory (PSS) 5 s after the start";
const USED: &str = "memory (PSS) after one workspace was used";

pub async fn run(bench: &Bench) -> Result<Table> {
    let mut table = Table::new("P1 idle server (external PostgreSQL)");
    for side in bench.programs.sides() {
        measure(bench, side, &mut table).await?;
    }
    Ok(table)
}

async fn measure(bench: &Bench, side: Side, table: &mut Table) -> Result<()> {
    let mut server = Server::prepare(bench, side).await?;
    let select = select_one(&server).await?;
    let ready = server.launch().await?;
    table.set(less(NEW, "ms", "≤ 400"), side, ms(ready));
    let existing = restart(bench, &mut server).await?;
    table.set(less(EXISTING, "ms", "≤ 100"), side, existing);
    if side == Side::Ours {
        table.limit(EXISTING, format!("connect and SELECT 1: {} ms", number(select)));
    }

    tokio::time::sleep(Duration::from_secs(5)).await;
    table.set(less(FRESH, "MB", "≤ 25"), side, server.pss()? / 1e6);
    if side == Side::Ours {
        let pages = process::file_pages_bytes(server.pid()?)? as f64 / 1e6;
        table.limit(FRESH, format!("pages of the binary: {} MB", number(pages)));
    }

    server.create_first_user().await?;
    let workspace = agent_workspace(&server, "seed").await?;
    {
        let _agent = agent::start(bench, side, &server, &workspace).await?;
        let config = server.dir().join("cli").display().to_string();
        let environment =
            [("CODER_URL", server.url.as_str()), ("CODER_SESSION_TOKEN", &server.token), ("CODER_CONFIG_DIR", &config)];
        p15::time(bench.programs.cli(side)?, &["ssh", "--wait", "no", &workspace.name, "true"], &environment, 1)?;
        server.settle(Duration::from_secs(10)).await?;
        table.set(less(USED, "MB", "≤ 35"), side, server.pss()? / 1e6);
    }

    let mut growth = Vec::new();
    for size in bench.pick([25, 250, 1_000], [100, 1_000, 10_000]) {
        ensure_clones(&server, &workspace, size).await?;
        growth.push((size as f64, restart(bench, &mut server).await?));
    }
    if let Some(slope) = exponent(&growth) {
        let points: Vec<_> = growth.iter().map(|(size, time)| format!("{size}: {} ms", number(*time))).collect();
        table.note(format!("{side:?}: ready by number of workspaces {}; grows with n^{slope:.2}", points.join(", ")));
    }
    Ok(())
}

/// The middle of several starts on the database as it is. Milliseconds.
async fn restart(bench: &Bench, server: &mut Server) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..bench.pick(3, 7) {
        server.stop();
        times.push(ms(server.launch().await?));
    }
    Ok(median(&mut times))
}

async fn select_one(server: &Server) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..5 {
        let started = Instant::now();
        database::connect(&server.database.url).await?.query_one("SELECT 1", &[]).await?;
        times.push(ms(started.elapsed()));
    }
    Ok(median(&mut times))
}
