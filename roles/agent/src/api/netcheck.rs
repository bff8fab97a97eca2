//! How the agent sees its network: what `ping` and support bundles show beside the client's own view.

use serde_json::{Value, json};
use warren_proto::tailnet::Node;

use super::answer::{Answer, json};
use crate::interfaces;

/// The report. `node` is the agent's own published record, absent until it has a home relay.
pub fn report(node: Option<&Node>) -> Answer {
    json(&document(node, &interfaces::list()))
}

fn document(node: Option<&Node>, interfaces: &[interfaces::Interface]) -> Value {
    let no_latencies = Default::default();
    let latencies = node.map_or(&no_latencies, |node| &node.derp_latency);
    // Facts about UDP stay unknown (null) or false: this agent reaches its peers through relays alone.
    json!({
        "severity": "ok",
        "warnings": [],
        "dismissed": false,
        "net_info": {
            "MappingVariesByDestIP": null,
            "HairPinning": null,
            "WorkingIPv6": null,
            "OSHasIPv6": interfaces::has_global_ipv6(interfaces),
            "WorkingUDP": false,
            "WorkingICMPv4": null,
            "UPnP": null,
            "PMP": null,
            "PCP": null,
            "PreferredDERP": node.map_or(0, |node| node.preferred_derp),
            "DERPLatency": latencies,
        },
        "interfaces": interfaces::report(interfaces),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_relay_and_its_latency_are_told() {
        let node = Node { preferred_derp: 999, derp_latency: [("999-v4".to_owned(), 0.25)].into(), ..Node::default() };
        let report = document(Some(&node), &[]);
        assert_eq!(report["net_info"]["PreferredDERP"], 999);
        assert_eq!(report["net_info"]["DERPLatency"]["999-v4"], 0.25);
        assert_eq!(report["interfaces"]["severity"], "ok");
        assert_eq!(document(None, &[])["net_info"]["PreferredDERP"], 0);
    }
}
