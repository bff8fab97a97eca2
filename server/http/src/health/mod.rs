//! The health report (operations.md §18): every section really tries what it speaks of, all at once.

mod netcheck;
mod probe;
mod sections;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use warren_api::{HealthSection, HealthSettings, HealthSeverity, HealthcheckReport};
use warren_core::{Cx, Result};
use warren_types::COMPATIBILITY_VERSION;

/// How long a report is shown without checking again.
const REFRESH: Duration = Duration::from_secs(600);

/// The last report, and the lock that lets callers share one run.
#[derive(Default)]
struct Cache {
    last: Mutex<Option<(Instant, HealthcheckReport)>>,
    running: tokio::sync::Mutex<()>,
}

/// The report; checked again when it is old or `force` says so.
pub(crate) async fn report(cx: &Cx, token: &str, force: bool) -> Result<HealthcheckReport> {
    let cache = cache(cx);
    let asked = Instant::now();
    let _one_at_a_time = cache.running.lock().await;
    let fresh_enough = |at: Instant| if force { at >= asked } else { at.elapsed() < REFRESH };
    let known = cache.last.lock().clone().filter(|(at, _)| fresh_enough(*at));
    let mut report = match known {
        Some((_, report)) => report,
        None => {
            let report = check(cx, token).await;
            *cache.last.lock() = Some((Instant::now(), report.clone()));
            report
        }
    };
    dismiss(&mut report, &warren_core::health::get_settings(cx).await?);
    Ok(report)
}

fn cache(cx: &Cx) -> Arc<Cache> {
    let extensions = &cx.services.extensions;
    extensions.find::<Cache>().unwrap_or_else(|| {
        extensions.set(Arc::new(Cache::default()));
        extensions.get::<Cache>()
    })
}

async fn check(cx: &Cx, token: &str) -> HealthcheckReport {
    let (access_url, websocket, database, derp, provisioner_daemons) = tokio::join!(
        sections::access_url(cx),
        sections::websocket(cx, token),
        sections::database(cx),
        sections::derp(cx),
        sections::provisioner_daemons(cx),
    );
    let workspace_proxy = sections::workspace_proxy();
    let severities = [
        access_url.severity,
        websocket.severity,
        database.severity,
        derp.severity,
        provisioner_daemons.severity,
        workspace_proxy.severity,
    ];
    let severity = worst(severities);
    HealthcheckReport {
        time: cx.services.now(),
        healthy: severity != HealthSeverity::Error,
        severity,
        derp,
        access_url,
        websocket,
        database,
        workspace_proxy,
        provisioner_daemons,
        coder_version: COMPATIBILITY_VERSION.into(),
    }
}

fn worst(severities: impl IntoIterator<Item = HealthSeverity>) -> HealthSeverity {
    let rank = |severity: &HealthSeverity| match severity {
        HealthSeverity::Error => 2,
        HealthSeverity::Warning => 1,
        _ => 0,
    };
    severities.into_iter().max_by_key(rank).unwrap_or(HealthSeverity::Ok)
}

fn dismiss(report: &mut HealthcheckReport, settings: &HealthSettings) {
    let dismissed = |section| settings.dismissed_healthchecks.contains(&section);
    report.derp.dismissed = dismissed(HealthSection::DERP);
    report.access_url.dismissed = dismissed(HealthSection::AccessURL);
    report.websocket.dismissed = dismissed(HealthSection::Websocket);
    report.database.dismissed = dismissed(HealthSection::Database);
    report.workspace_proxy.dismissed = dismissed(HealthSection::WorkspaceProxy);
    report.provisioner_daemons.dismissed = dismissed(HealthSection::ProvisionerDaemons);
}

/// A duration as a person reads it: `372.878µs`, `1.5ms`.
pub(crate) fn shown(duration: Duration) -> String {
    format!("{duration:?}")
}
