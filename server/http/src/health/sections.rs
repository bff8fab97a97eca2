//! The sections of the report.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use warren_agents::Agents;
use warren_agents::derp_map::to_json;
use warren_api::{
    AccessUrlReport, DatabaseReport, DerpHealthReport, DerpNodeReport, DerpRegionReport, HealthCode, HealthMessage,
    HealthSeverity, MapDerpNode, MapDerpRegion, ProvisionerDaemonsReport, ProvisionerDaemonsReportItem,
    WebsocketReport, WorkspaceProxyReport,
};
use warren_core::provisioning::{DaemonSearch, list_daemons};
use warren_core::{Cx, OrgRef};

use super::netcheck::{self, Reached, Stunned};
use super::probe::{self, LIMIT};
use super::{shown, worst};

/// A database that takes this long for a round trip slows everything down.
const DATABASE_THRESHOLD_MS: i64 = 15;
const PINGS: usize = 5;

fn warning(code: HealthCode, message: impl Into<String>) -> Vec<HealthMessage> {
    vec![HealthMessage { code, message: message.into() }]
}

/// Fetches `/healthz` from the outside.
pub(super) async fn access_url(cx: &Cx) -> AccessUrlReport {
    let base = &cx.services.config.access_url;
    let report =
        AccessUrlReport { access_url: base.as_str().trim_end_matches('/').into(), ..AccessUrlReport::default() };
    match probe::get(base, "/healthz").await {
        Ok(answer) if answer.status == 200 => AccessUrlReport {
            healthy: true,
            reachable: true,
            severity: HealthSeverity::Ok,
            status_code: 200,
            healthz_response: answer.body,
            ..report
        },
        Ok(answer) => AccessUrlReport {
            reachable: true,
            severity: HealthSeverity::Warning,
            status_code: answer.status.into(),
            warnings: warning(HealthCode::EACS04, format!("/healthz answered {}", answer.status)),
            healthz_response: answer.body,
            ..report
        },
        Err(error) => AccessUrlReport {
            severity: HealthSeverity::Error,
            error: Some(format!("EACS03: the access URL cannot be reached from the server: {error}")),
            ..report
        },
    }
}

/// Opens a websocket at the access URL with the caller's token and has three messages echoed.
pub(super) async fn websocket(cx: &Cx, token: &str) -> WebsocketReport {
    match probe::within(LIMIT, echo(cx, token)).await {
        Ok(()) => {
            WebsocketReport { healthy: true, severity: HealthSeverity::Ok, code: 101, ..WebsocketReport::default() }
        }
        Err(error) => {
            WebsocketReport { severity: HealthSeverity::Error, error: Some(error), ..WebsocketReport::default() }
        }
    }
}

async fn echo(cx: &Cx, token: &str) -> Result<(), String> {
    let dial = |error: &dyn std::fmt::Display| format!("EWS01: cannot open a websocket: {error}");
    let base = &cx.services.config.access_url;
    let (stream, _) = probe::connect(base).await.map_err(|error| dial(&error))?;
    let mut url = base.join("/api/v2/debug/ws").map_err(|error| dial(&error))?;
    let scheme = if base.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).map_err(|()| dial(&"the access URL has another scheme"))?;
    let mut request = url.as_str().into_client_request().map_err(|error| dial(&error))?;
    let token = HeaderValue::from_str(token).map_err(|error| dial(&error))?;
    request.headers_mut().insert("Coder-Session-Token", token);
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.map_err(|error| dial(&error))?;
    for text in ["0", "1", "2"] {
        let broken = |error: &dyn std::fmt::Display| format!("EWS02: the websocket does not answer: {error}");
        socket.send(Message::text(text)).await.map_err(|error| broken(&error))?;
        let answer = socket.next().await.ok_or_else(|| broken(&"it was closed"))?.map_err(|error| broken(&error))?;
        if answer != Message::text(text) {
            return Err(format!("EWS03: the websocket answered {answer:?} to {text:?}"));
        }
    }
    let _closed_anyway = socket.close(None).await;
    Ok(())
}

/// The median of five pings.
pub(super) async fn database(cx: &Cx) -> DatabaseReport {
    let report = DatabaseReport { threshold_ms: DATABASE_THRESHOLD_MS, ..DatabaseReport::default() };
    let ping = async {
        let conn = cx.db().conn().await.map_err(|error| error.to_string())?;
        let mut times = Vec::new();
        for _ in 0..PINGS {
            let started = Instant::now();
            warren_db::settings::ping(&conn).await.map_err(|error| error.to_string())?;
            times.push(started.elapsed());
        }
        times.sort();
        times.get(PINGS / 2).copied().ok_or_else(|| "no ping was sent".to_owned())
    };
    match probe::within(LIMIT, ping).await {
        Ok(latency) => {
            let latency_ms = i64::try_from(latency.as_millis()).unwrap_or(i64::MAX);
            let slow = latency_ms >= DATABASE_THRESHOLD_MS;
            let text =
                format!("a round trip to the database takes {latency_ms} ms, {DATABASE_THRESHOLD_MS} ms are too many");
            DatabaseReport {
                healthy: !slow,
                reachable: true,
                severity: if slow { HealthSeverity::Warning } else { HealthSeverity::Ok },
                warnings: if slow { warning(HealthCode::EDB02, text) } else { Vec::new() },
                latency: shown(latency),
                latency_ms,
                ..report
            }
        }
        Err(error) => DatabaseReport {
            severity: HealthSeverity::Error,
            error: Some(format!("EDB01: the database does not answer: {error}")),
            ..report
        },
    }
}

/// Asks every relay of the map for its latency check, and the STUN servers for this server's address.
pub(super) async fn derp(cx: &Cx) -> DerpHealthReport {
    let Some(agents) = cx.services.extensions.find::<Agents>() else { return no_relay() };
    let map = to_json(agents.derp_map());
    let every: Vec<MapDerpRegion> = map.regions.into_values().collect();
    let stunned = netcheck::ask_stun(&every).await;
    let relays: Vec<MapDerpRegion> =
        every.into_iter().filter(|region| region.nodes.iter().any(|node| !node.stunonly)).collect();
    if relays.is_empty() {
        return no_relay();
    }
    let (mut regions, mut reached) = (BTreeMap::new(), Vec::new());
    for region in relays {
        regions.insert(region.region_id.to_string(), region_report(region, &stunned, &mut reached).await);
    }
    let severity = worst(regions.values().map(|region| region.severity));
    DerpHealthReport {
        healthy: severity == HealthSeverity::Ok,
        severity,
        regions,
        netcheck: Some(netcheck::report(&reached, &stunned)),
        ..DerpHealthReport::default()
    }
}

fn no_relay() -> DerpHealthReport {
    let text = "there is no relay: connections work only where a direct path exists";
    DerpHealthReport {
        severity: HealthSeverity::Warning,
        warnings: warning(HealthCode::EDERP03, text),
        ..DerpHealthReport::default()
    }
}

async fn region_report(region: MapDerpRegion, stunned: &[Stunned], reached: &mut Vec<Reached>) -> DerpRegionReport {
    let mut node_reports = Vec::new();
    for node in region.nodes.iter().filter(|node| !node.stunonly) {
        let (report, answered) = node_report(node.clone()).await;
        let stun = netcheck::stun_of(node, stunned);
        node_reports.push(DerpNodeReport { stun, ..report });
        reached.extend(answered.map(|(v6, took)| Reached { region: region.region_id, v6, took }));
    }
    let healthy = node_reports.iter().any(|node| node.healthy);
    let all = node_reports.iter().all(|node| node.healthy);
    let (severity, warnings) = match (healthy, all) {
        (true, true) => (HealthSeverity::Ok, Vec::new()),
        (true, false) => {
            (HealthSeverity::Warning, warning(HealthCode::EDERP02, "one of several relays does not answer"))
        }
        (false, _) => (HealthSeverity::Error, Vec::new()),
    };
    let error = (!healthy).then(|| "no relay of the region answers".to_owned());
    DerpRegionReport { healthy, severity, warnings, error, node_reports, region: Some(region) }
}

/// What a relay answers; and over which family and how fast.
async fn node_report(node: MapDerpNode) -> (DerpNodeReport, Option<(bool, Duration)>) {
    let scheme = if node.force_http { "http" } else { "https" };
    let port = if node.derpport > 0 { format!(":{}", node.derpport) } else { String::new() };
    let asked = match url::Url::parse(&format!("{scheme}://{}{port}", node.host_name)) {
        Ok(base) => probe::get(&base, "/derp/latency-check").await,
        Err(error) => Err(error.to_string()),
    };
    let report = DerpNodeReport { node: Some(node), ..DerpNodeReport::default() };
    let failed =
        |error: String| DerpNodeReport { severity: HealthSeverity::Error, error: Some(error), ..report.clone() };
    match asked {
        Ok(answer) if answer.status == 200 => {
            let report = DerpNodeReport {
                healthy: true,
                severity: HealthSeverity::Ok,
                can_exchange_messages: true,
                round_trip_ping: shown(answer.took),
                round_trip_ping_ms: i64::try_from(answer.took.as_millis()).unwrap_or(i64::MAX),
                ..report
            };
            (report, Some((answer.v6, answer.took)))
        }
        Ok(answer) => (failed(format!("the relay answered {}", answer.status)), None),
        Err(error) => (failed(error), None),
    }
}

/// Daemons that were seen lately.
pub(super) async fn provisioner_daemons(cx: &Cx) -> ProvisionerDaemonsReport {
    let search = DaemonSearch { limit: 100, ..DaemonSearch::default() };
    let mut items = Vec::new();
    for organization in warren_core::organizations::list_organizations(cx).await.unwrap_or_default() {
        let daemons = list_daemons(cx, &OrgRef::Id(organization.id), search.clone()).await.unwrap_or_default();
        items.extend(daemons.into_iter().map(|mut daemon| {
            // The jobs of a daemon have a page of their own.
            daemon.key_name = None;
            daemon.status = None;
            daemon.current_job = None;
            daemon.previous_job = None;
            ProvisionerDaemonsReportItem { provisioner_daemon: daemon, warnings: Vec::new() }
        }));
    }
    if items.is_empty() {
        return ProvisionerDaemonsReport {
            severity: HealthSeverity::Error,
            error: Some("EPD01: no provisioner daemon is connected: nothing can be built".into()),
            ..ProvisionerDaemonsReport::default()
        };
    }
    ProvisionerDaemonsReport { severity: HealthSeverity::Ok, items, ..ProvisionerDaemonsReport::default() }
}

/// There are no proxies that could be ill.
pub(super) fn workspace_proxy() -> WorkspaceProxyReport {
    WorkspaceProxyReport { healthy: true, severity: HealthSeverity::Ok, ..WorkspaceProxyReport::default() }
}
