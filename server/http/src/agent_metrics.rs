//! Metrics of agents, of the server's streams to them, and of the relay.

use std::collections::BTreeMap;

use warren_agents::{Agents, FleetAgent};
use warren_core::Services;
use warren_observe::metrics::Text;
use warren_relay::{DropReason, Relay, StatsSnapshot};

/// Adds them to the text.
pub fn agent_metrics(services: &Services, text: &mut Text) {
    if let Some(agents) = services.extensions.find::<Agents>() {
        fleet(&agents, text);
        streams(&agents, text);
    }
    if let Some(relay) = services.extensions.find::<Relay>() {
        relay_metrics(&relay.stats(), text);
    }
}

/// Samples by family, as all of a family must stand together.
#[derive(Default)]
struct Families(BTreeMap<&'static str, (&'static str, Vec<Sample>)>);

/// Labels and value.
type Sample = (Vec<(&'static str, String)>, f64);

impl Families {
    fn add(&mut self, name: &'static str, help: &'static str, labels: &[(&'static str, &str)], value: f64) {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.0.entry(name).or_insert_with(|| (help, Vec::new())).1.push((labels, value));
    }

    fn write(self, text: &mut Text) {
        for (name, (help, samples)) in self.0 {
            text.family(name, "gauge", help);
            for (labels, value) in samples {
                let labels: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
                text.sample(name, &labels, value);
            }
        }
    }
}

fn fleet(agents: &Agents, text: &mut Text) {
    let mut families = Families::default();
    let mut up: BTreeMap<[String; 4], u64> = BTreeMap::new();
    agents.show_fleet(|agent| {
        let row = agent.row;
        let workspace = [&row.owner_name, &row.workspace_name, &row.template_name, &row.version_name].map(Clone::clone);
        *up.entry(workspace).or_default() += 1;
        agent_samples(&agent, &mut families);
    });
    for ([owner, workspace, template, version], count) in up {
        let labels = [
            ("username", owner.as_str()),
            ("workspace_name", &workspace),
            ("template_name", &template),
            ("template_version", &version),
        ];
        families.add("coderd_agents_up", "Agents of running workspaces.", &labels, number(count));
    }
    families.write(text);
}

fn agent_samples(agent: &FleetAgent<'_>, families: &mut Families) {
    let row = agent.row;
    let names = [
        ("agent_name", row.name.as_str()),
        ("username", row.owner_name.as_str()),
        ("workspace_name", row.workspace_name.as_str()),
    ];
    let node = agent.node_id.map_or_else(|| "unknown".to_owned(), |id| format!("nodeid:{id:016x}"));
    let with = |more: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        names.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let mut add = |name: &'static str, help: &'static str, more: &[(&'static str, &str)], value: f64| {
        let labels = with(more);
        let labels: Vec<(&'static str, &str)> = labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
        families.add(name, help, &labels, value);
    };
    let state = [
        ("status", agent.status.as_str()),
        ("lifecycle_state", row.lifecycle_state.as_str()),
        ("tailnet_node", node.as_str()),
    ];
    add("coderd_agents_connections", "Connections of agents.", &state, 1.0);
    for (region, ms, preferred) in &agent.latency {
        let more = [("derp_region", region.as_str()), ("preferred", if *preferred { "true" } else { "false" })];
        add("coderd_agents_connection_latencies_seconds", "Latency of agents to relay regions.", &more, ms / 1e3);
    }
    let mut apps: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (name, health) in row.app_names.iter().zip(&row.app_healths) {
        *apps.entry((name, health)).or_default() += 1;
    }
    for ((name, health), count) in apps {
        add("coderd_agents_apps", "Apps of agents.", &[("app_name", name), ("health", health)], number(count));
    }
    let Some(traffic) = agent.traffic else { return };
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    for (name, value) in [
        ("coderd_agentstats_rx_bytes", traffic.rx_bytes as f64),
        ("coderd_agentstats_tx_bytes", traffic.tx_bytes as f64),
        ("coderd_agentstats_connection_count", traffic.connections as f64),
        ("coderd_agentstats_connection_median_latency_seconds", traffic.latency_ms.map_or(-1e-6, |ms| ms / 1e3)),
        ("coderd_agentstats_session_count_vscode", traffic.sessions_vscode as f64),
        ("coderd_agentstats_session_count_jetbrains", traffic.sessions_jetbrains as f64),
        ("coderd_agentstats_session_count_ssh", traffic.sessions_ssh as f64),
        ("coderd_agentstats_session_count_reconnecting_pty", traffic.sessions_terminal as f64),
    ] {
        add(name, "What agents reported last.", &[], value);
    }
}

fn streams(agents: &Agents, text: &mut Text) {
    let Some(stats) = agents.conns().stats() else { return };
    for (name, kind, value) in [
        ("coder_servertailnet_open_connections", "gauge", stats.open),
        ("coder_servertailnet_connections_total", "counter", stats.opened),
    ] {
        text.family(name, kind, "Connections of the server to agents.");
        text.sample(name, &[("network", "tcp")], number(value));
    }
}

fn relay_metrics(stats: &StatsSnapshot, text: &mut Text) {
    for (name, value) in [
        ("accepts_total", stats.accepts),
        ("bytes_received_total", stats.bytes_received),
        ("bytes_sent_total", stats.bytes_sent),
        ("packets_received_total", stats.packets_received),
        ("packets_sent_total", stats.packets_sent),
        ("packets_dropped_total", stats.packets_dropped),
        ("packets_forwarded_in_total", stats.packets_forwarded_in),
        ("packets_forwarded_out_total", stats.packets_forwarded_out),
        ("home_moves_in_total", stats.home_moves_in),
        ("home_moves_out_total", stats.home_moves_out),
        ("got_ping_total", stats.got_ping),
        ("sent_pong_total", stats.sent_pong),
        ("peer_gone_disconnected_total", stats.peer_gone_disconnected),
        ("peer_gone_not_here_total", stats.peer_gone_not_here),
        ("unknown_frames_total", stats.unknown_frames),
    ] {
        family(text, name, "counter");
        text.sample(&full(name), &[], number(value));
    }
    family(text, "packets_dropped_reason_total", "counter");
    for (reason, count) in DropReason::ALL.iter().zip(stats.dropped_by_reason) {
        text.sample(&full("packets_dropped_reason_total"), &[("reason", reason_name(*reason))], number(count));
    }
    for (name, label, counts) in [
        ("packets_dropped_type_total", "type", stats.dropped_by_kind),
        ("packets_received_kind_total", "kind", stats.received_by_kind),
    ] {
        family(text, name, "counter");
        for (kind, count) in ["disco", "other"].iter().zip(counts) {
            text.sample(&full(name), &[(label, kind)], number(count));
        }
    }
    for (name, value) in [
        ("connections", stats.connections),
        ("home_connections", stats.home_connections),
        ("clients", stats.clients + stats.clients_remote),
        ("clients_local", stats.clients),
        ("clients_remote", stats.clients_remote),
        ("watchers", stats.watchers),
    ] {
        family(text, name, "gauge");
        text.sample(&full(name), &[], number(value));
    }
    family(text, "average_queue_duration_ms", "gauge");
    text.sample(&full("average_queue_duration_ms"), &[], stats.average_queue_duration.as_secs_f64() * 1e3);
}

fn reason_name(reason: DropReason) -> &'static str {
    match reason {
        DropReason::UnknownDestination => "unknown_dest",
        DropReason::UnknownDestinationOnForward => "unknown_dest_on_fwd",
        DropReason::GoneDisconnected => "gone_disconnected",
        DropReason::QueueHead => "queue_head",
        DropReason::QueueTail => "queue_tail",
        DropReason::WriteError => "write_error",
        DropReason::DuplicateClient => "dup_client",
    }
}

fn family(text: &mut Text, name: &str, kind: &str) {
    text.family(&full(name), kind, "The embedded relay.");
}

fn full(name: &str) -> String {
    format!("coder_derp_server_{name}")
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn number(count: u64) -> f64 {
    count as f64
}
