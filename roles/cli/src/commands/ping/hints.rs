//! Why a path is not direct: what is known here, and what the agent says of its own network.

use std::time::Duration;

use serde::Deserialize;
use warren_agent::interfaces;

use crate::tunnel::{API_PORT, Tunnel};

const LIMIT: Duration = Duration::from_secs(5);

/// The part of the agent's report that is of use here.
#[derive(Debug, Default, Deserialize)]
struct Report {
    net_info: Option<NetInfo>,
    #[serde(default)]
    interfaces: Interfaces,
}

#[derive(Debug, Default, Deserialize)]
struct NetInfo {
    #[serde(rename = "MappingVariesByDestIP", default)]
    mapping_varies: Option<bool>,
    /// Where it is told, the agent sends and receives UDP.
    #[serde(rename = "UDP", default)]
    udp: bool,
}

#[derive(Debug, Default, Deserialize)]
struct Interfaces {
    #[serde(default)]
    warnings: Vec<Warning>,
}

#[derive(Debug, Deserialize)]
struct Warning {
    #[serde(default)]
    message: String,
}

/// One sentence for each thing that stands between the two ends.
pub async fn collect(tunnel: &Tunnel, direct_off: bool) -> Vec<String> {
    let mut hints = local(tunnel, direct_off);
    let answer = tokio::time::timeout(LIMIT, tunnel.agent_get(API_PORT, "/api/v0/netcheck")).await;
    hints.extend(match answer {
        Ok(Ok((200, body))) => match serde_json::from_slice(&body) {
            Ok(report) => remote(&report),
            Err(_) => vec!["the agent's report on its network cannot be read".into()],
        },
        Ok(Ok((404, _))) => vec!["the agent is too old to report on its network: restart the workspace".into()],
        _ => vec!["the agent does not report on its network".into()],
    });
    hints
}

fn local(tunnel: &Tunnel, direct_off: bool) -> Vec<String> {
    let mut hints = Vec::new();
    if direct_off {
        hints.push("direct connections are switched off here (--disable-direct-connections)".into());
    } else if tunnel.info().disable_direct_connections {
        hints.push("direct connections are switched off by the deployment's administrator".into());
    } else {
        hints.push("this program reaches workspaces through relays only".into());
    }
    let regions = tunnel.info().derp_map.iter().flat_map(|map| map.regions.values());
    if !regions.flat_map(|region| &region.nodes).any(|node| node.stunport >= 0) {
        hints.push("the deployment names no STUN server, by which the ends could learn their addresses".into());
    }
    hints.extend(interfaces::warnings(&interfaces::list()).into_iter().map(|text| format!("here: {text}")));
    hints
}

fn remote(report: &Report) -> Vec<String> {
    let mut hints = Vec::new();
    if let Some(net) = &report.net_info {
        if !net.udp {
            hints.push("the agent has reached no STUN server over UDP".into());
        }
        if net.mapping_varies == Some(true) {
            hints.push("the agent is behind a NAT that gives it another address for each destination".into());
        }
    }
    let warnings = report.interfaces.warnings.iter().filter(|warning| !warning.message.is_empty());
    hints.extend(warnings.map(|warning| format!("the agent: {}", warning.message)));
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agents_report_becomes_sentences() {
        let report: Report = serde_json::from_str(
            r#"{"severity":"ok","net_info":{"MappingVariesByDestIP":true,"WorkingUDP":null},
                "interfaces":{"warnings":[{"code":"EIF01","message":"small packets"}]}}"#,
        )
        .expect("a report");
        let hints = remote(&report);
        assert_eq!(hints.len(), 3, "{hints:?}");
        assert_eq!(hints[2], "the agent: small packets");
        let quiet: Report = serde_json::from_str(r#"{"net_info":{"UDP":true}}"#).expect("a report");
        assert!(remote(&quiet).is_empty());
    }
}
