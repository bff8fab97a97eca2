//! P4: a fleet at rest: each agent reports two metadata values every ten seconds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Result;
use prost::Message as _;
use warren_proto::agent::BatchUpdateMetadataRequest;

use crate::Bench;
use crate::harness::clone::ensure_clones;
use crate::harness::fleet::{Fleet, METADATA_EVERY, Traffic, metadata_request};
use crate::harness::numbers::exponent;
use crate::harness::programs::Side;
use crate::harness::server::Server;
use crate::harness::table::{Table, less, number};
use crate::harness::template::agent_workspace;

pub async fn run(bench: &Bench) -> Result<Table> {
    let mut table = Table::new("P4 a fleet at rest: 2 metadata values every 10 s; per agent and minute");
    for side in bench.programs.sides() {
        measure(bench, side, &mut table).await?;
    }
    Ok(table)
}

async fn measure(bench: &Bench, side: Side, table: &mut Table) -> Result<()> {
    let sizes = bench.sizes(side, [50, 200, 500], [100, 1_000, 10_000]);
    let server = Server::start(bench, side).await?;
    let seed = agent_workspace(&server, "seed").await?;
    let agents = ensure_clones(&server, &seed, sizes.last().copied().unwrap_or(0)).await?;
    let mut fleet = Fleet::new(Traffic::Metadata);
    let mut growth = Vec::new();
    let largest = sizes.last().copied();
    for size in sizes {
        fleet.connect(&server, &agents[fleet.len()..size]).await?;
        // The reports of connecting, and one period in which all phases settle.
        tokio::time::sleep(METADATA_EVERY + Duration::from_secs(5)).await;
        let window = Duration::from_secs(bench.pick(20, 60));
        let ((), cost) = server
            .cost_of(async {
                tokio::time::sleep(window).await;
                Ok(())
            })
            .await?;
        fleet.ensure_complete()?;
        let per = 60.0 / cost.wall_s / size as f64;
        let server_ms = cost.server_cpu_s * 1000.0 * per;
        let (cpu, db, sql) =
            (format!("server CPU, {size}"), format!("database CPU, {size}"), format!("SQL statements, {size}"));
        table.set(less(&cpu, "ms", "≤ 1"), side, server_ms);
        table.set(less(&db, "ms", "0"), side, cost.database_cpu_s * 1000.0 * per);
        table.set(less(&sql, "", "0"), side, cost.statements as f64 * per);
        if Some(size) == largest {
            table.set(less("server CPU, largest fleet", "ms", "≤ 1"), side, server_ms);
            table.set(less("database CPU, largest fleet", "ms", "0"), side, cost.database_cpu_s * 1000.0 * per);
            table.set(less("SQL statements, largest fleet", "", "0"), side, cost.statements as f64 * per);
        }
        if side == Side::Ours {
            let reports = 60.0 / METADATA_EVERY.as_secs_f64();
            table.limit(&cpu, format!("decoding of the messages: {} ms", number(decode_ms() * reports)));
        }
        growth.push((size as f64, server_ms));
        let share = cost.server_cpu_s / cost.wall_s * 100.0;
        table.note(format!("{side:?}: {size} agents take {} % of one core of the server", number(share)));
    }
    if let Some(slope) = exponent(&growth) {
        table.note(format!("{side:?}: server CPU per agent grows with n^{slope:.2}"));
    }
    Ok(())
}

/// Milliseconds to decode one report.
fn decode_ms() -> f64 {
    const ROUNDS: u32 = 100_000;
    let bytes = metadata_request(7).encode_to_vec();
    let started = Instant::now();
    for _ in 0..ROUNDS {
        black_box(BatchUpdateMetadataRequest::decode(black_box(bytes.as_slice())).is_ok());
    }
    started.elapsed().as_secs_f64() * 1000.0 / f64::from(ROUNDS)
}
