//! `netcheck`: the relays as seen from here, as JSON.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};
use warren_agent::interfaces;
use warren_api::{MapDerpNode, MapDerpRegion};

use crate::frame::{Command, Cx};

pub static COMMAND: Command =
    Command::new("netcheck", "Print a report of the network, for troubleshooting.").run(crate::action!(run));

const LIMIT: Duration = Duration::from_secs(10);

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let info = client.connection_info().await?;
    eprintln!("Gathering a network report. This may take a few seconds...\n");
    let regions = info.derp_map.map(|map| map.regions).unwrap_or_default();
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(warren_tls::client_config(client.tls())?)
        .timeout(LIMIT)
        .build()?;
    let host = client.url().host_str().unwrap_or_default().to_owned();
    let port = client.url().port_or_known_default();
    let mut reports = serde_json::Map::new();
    let mut healthy = true;
    for (id, mut region) in regions {
        if region.embedded_relay {
            for node in region.nodes.iter_mut().filter(|node| !node.stunonly) {
                node.host_name = host.clone();
                node.derpport = port.map_or(0, i64::from);
                node.force_http = client.url().scheme() == "http";
            }
        }
        let report = region_report(&http, &region).await;
        healthy &= report["healthy"].as_bool().unwrap_or(false);
        reports.insert(id, report);
    }
    let report = json!({
        "derp": {
            "healthy": healthy,
            "severity": if healthy { "ok" } else { "error" },
            "warnings": [],
            "dismissed": false,
            "regions": reports,
            "netcheck": null,
            "netcheck_logs": [],
        },
        "interfaces": interfaces::report(&interfaces::list()),
    });
    outln!("{}", crate::output::json(&report)?);
    Ok(())
}

async fn region_report(http: &reqwest::Client, region: &MapDerpRegion) -> Value {
    let mut nodes = Vec::new();
    for node in &region.nodes {
        nodes.push(node_report(http, node).await);
    }
    let healthy = nodes.iter().all(|node| node["healthy"].as_bool().unwrap_or(false));
    json!({
        "healthy": healthy,
        "severity": if healthy { "ok" } else { "error" },
        "warnings": [],
        "region": region,
        "node_reports": nodes,
    })
}

async fn node_report(http: &reqwest::Client, node: &MapDerpNode) -> Value {
    // A node for address discovery alone has no relay to ask.
    let outcome = if node.stunonly { Ok(Duration::ZERO) } else { round_trip(http, node).await };
    let (healthy, ping, error) = match outcome {
        Ok(time) => (true, time, None),
        Err(error) => (false, Duration::ZERO, Some(error.to_string())),
    };
    json!({
        "healthy": healthy,
        "severity": if healthy { "ok" } else { "error" },
        "warnings": [],
        "error": error,
        "node": node,
        "node_info": { "TokenBucketBytesPerSecond": 0, "TokenBucketBytesBurst": 0 },
        "can_exchange_messages": healthy && !node.stunonly,
        "round_trip_ping": crate::output::human::go_duration(ping),
        "round_trip_ping_ms": ping.as_millis() as u64,
        "uses_websocket": false,
        "client_logs": [],
        "client_errs": [],
        "stun": { "Enabled": node.stunport >= 0 && node.stunonly, "CanSTUN": false, "Error": null },
    })
}

async fn round_trip(http: &reqwest::Client, node: &MapDerpNode) -> Result<Duration> {
    let scheme = if node.force_http { "http" } else { "https" };
    let port = if node.derpport == 0 { 443 } else { node.derpport };
    let host = if node.host_name.contains(':') { format!("[{}]", node.host_name) } else { node.host_name.clone() };
    let url = format!("{scheme}://{host}:{port}/derp/latency-check");
    // The first answer includes the set-up of the connection.
    http.get(&url).send().await?.error_for_status()?;
    let started = Instant::now();
    http.get(&url).send().await?.error_for_status()?;
    Ok(started.elapsed())
}
