//! Traffic and session statistics, at the interval that the server asks for (agent.md §17).

use std::time::Duration;

use warren_proto::agent::{Stats, UpdateStatsRequest, agent_methods};

use crate::agent::Agent;
use crate::wire;

/// The least interval between reports, whatever the server says.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// What stands for an unknown latency: minus one microsecond.
const UNKNOWN_LATENCY_MS: f64 = -0.001;

/// Reports for as long as the connection lives.
pub async fn run(agent: &Agent, session: &warren_rpc::Session) -> Result<(), warren_rpc::Error> {
    let answer = session.unary(agent_methods::UPDATE_STATS, &UpdateStatsRequest { stats: None }).await?;
    let mut interval = wire::duration(answer.report_interval.as_ref()).max(MIN_INTERVAL);
    loop {
        tokio::time::sleep(interval).await;
        let request = UpdateStatsRequest { stats: Some(collect(agent).await) };
        let answer = session.unary(agent_methods::UPDATE_STATS, &request).await?;
        interval = wire::duration(answer.report_interval.as_ref()).max(MIN_INTERVAL);
    }
}

async fn collect(agent: &Agent) -> Stats {
    let traffic = match agent.services.get() {
        Some(services) => services.node.stats().await.unwrap_or_default(),
        None => warren_tailnet::Stats::default(),
    };
    let terminals = agent.services.get().map_or(0, |s| s.terminals.count());
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut sessions = agent.reports.sessions.counts();
    let count = |app: &str| sessions.get(app).copied().unwrap_or(0);
    let (vscode, jetbrains, ssh) = (count("vscode"), count("jetbrains"), count("ssh"));
    let terminals = i64::try_from(terminals).unwrap_or(i64::MAX);
    if terminals > 0 {
        sessions.insert("reconnecting_pty".into(), terminals);
    }
    let connections = signed(traffic.tcp_connections);
    Stats {
        connections_by_proto: if connections > 0 {
            [("TCP".to_owned(), connections)].into()
        } else {
            Default::default()
        },
        connection_count: connections,
        connection_median_latency_ms: traffic.median_latency.map_or(UNKNOWN_LATENCY_MS, |l| l.as_secs_f64() * 1000.0),
        rx_packets: signed(traffic.rx_packets),
        rx_bytes: signed(traffic.rx_bytes),
        tx_packets: signed(traffic.tx_packets),
        tx_bytes: signed(traffic.tx_bytes),
        session_count_vscode: vscode,
        session_count_jetbrains: jetbrains,
        session_count_reconnecting_pty: terminals,
        session_count_ssh: ssh,
        metrics: Vec::new(),
        session_counts: sessions,
    }
}
