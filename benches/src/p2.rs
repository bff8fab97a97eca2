//! P2: server memory for each connected idle agent: websocket, RPC, coordinator, relay.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::Bench;
use crate::harness::clone::ensure_clones;
use crate::harness::fleet::{Fleet, Traffic};
use crate::harness::numbers::line;
use crate::harness::process;
use crate::harness::programs::Side;
use crate::harness::server::Server;
use crate::harness::table::{Table, less, number};
use crate::harness::template::agent_workspace;

const SLOPE: &str = "server memory for one more agent (slope)";

pub async fn run(bench: &Bench) -> Result<Table> {
    let mut table = Table::new("P2 server memory for each connected idle agent");
    for side in bench.programs.sides() {
        measure(bench, side, &mut table).await?;
    }
    Ok(table)
}

async fn measure(bench: &Bench, side: Side, table: &mut Table) -> Result<()> {
    let sizes = bench.sizes(side, [50, 200, 500], [100, 1_000, 10_000]);
    let largest = sizes.last().copied().unwrap_or(0);
    // Two sockets each, in this process and in the server.
    if process::file_limit() < largest as u64 * 2 + 500 {
        bail!("{largest} agents need more open files than {}", process::file_limit());
    }
    let server = Server::start(bench, side).await?;
    let seed = agent_workspace(&server, "seed").await?;
    let agents = ensure_clones(&server, &seed, largest).await?;
    server.settle(Duration::from_secs(10)).await?;
    let (before, sockets) = (server.pss()?, process::tcp_memory_bytes()? as f64);
    let mut fleet = Fleet::new(Traffic::Idle);
    let mut points = Vec::new();
    for size in sizes {
        fleet.connect(&server, &agents[fleet.len()..size]).await?;
        server.settle(Duration::from_secs(bench.pick(10, 30))).await?;
        fleet.ensure_complete()?;
        let pss = server.pss()?;
        points.push((size as f64, pss));
        let each = (pss - before) / size as f64 / 1024.0;
        table.set(less(&format!("server memory each, of {size}"), "KiB", "≤ 20, then ≤ 10"), side, each);
    }
    if let Some((_, slope)) = line(&points) {
        table.set(less(SLOPE, "KiB", "≤ 20, then ≤ 10"), side, slope / 1024.0);
    }
    if side == Side::Ours {
        // Both ends of each connection lie on this machine.
        let kernel = (process::tcp_memory_bytes()? as f64 - sockets) / largest as f64 / 2.0 / 1024.0;
        // Negative when others on the machine close more sockets than the fleet opens.
        if kernel >= 0.0 {
            table.limit(SLOPE, format!("sockets' own buffers: {} KiB", number(kernel)));
        }
    }
    let points: Vec<_> = points.iter().map(|(size, pss)| format!("{size}: {} MB", number(pss / 1e6))).collect();
    table.note(format!("{side:?}: server without agents {} MB; with {}", number(before / 1e6), points.join(", ")));
    Ok(())
}
