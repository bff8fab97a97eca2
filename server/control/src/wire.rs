//! Joins the parts: what one crate needs of another, as trait objects and extensions.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use warren_builds::Builds;
use warren_core::Services;
use warren_observe::metrics::{Histogram, Text};

/// Parts with background work of their own.
pub(crate) struct Parts {
    agents: warren_http::AgentParts,
}

impl Parts {
    /// Ends the background work.
    pub(crate) async fn stop(&self) {
        self.agents.stop().await;
    }
}

/// Joins everything and makes the service that answers requests.
pub(crate) async fn wire(services: &Arc<Services>, builds: &Builds) -> Result<(Parts, Router)> {
    warren_core::provisioning::install(services, builds.clone());
    let agents = warren_http::AgentParts::install(services).await?;
    let app = warren_http::app(warren_http::api(), services.clone());
    Ok((Parts { agents }, app))
}

/// The metrics of the whole process.
pub(crate) fn render_metrics(services: &Services) -> String {
    let mut text = Text::default();
    warren_observe::metrics::process(&mut text);
    warren_observe::metrics::http(&mut text);
    database(services, &mut text);
    bus(services, &mut text);
    queue(services, &mut text);
    warren_http::agent_metrics(services, &mut text);
    text.finish()
}

fn database(services: &Services, text: &mut Text) {
    let (open, idle, waiting, max) = services.db.pool_status();
    #[allow(clippy::cast_precision_loss, reason = "pools are small")]
    for (name, help, value) in [
        ("go_sql_stats_connections_open", "Open connections.", open),
        ("go_sql_stats_connections_idle", "Idle connections.", idle),
        ("go_sql_stats_connections_in_use", "Connections in use.", open.saturating_sub(idle)),
        ("go_sql_stats_connections_max_open", "Largest number of connections.", max),
        ("warren_db_requests_waiting", "Requests that wait for a connection.", waiting),
    ] {
        let labels: &[(&str, &str)] = if name.starts_with("go_sql") { &[("db_name", "coder")] } else { &[] };
        text.family(name, "gauge", help);
        text.sample(name, labels, value as f64);
    }
    let name = "coderd_db_query_latencies_seconds";
    text.family(name, "histogram", "Time of database queries.");
    for (query, sample) in services.db.stats().snapshot() {
        let label = warren_db::Statement::label(query);
        let histogram = Histogram { bounds: &warren_db::BUCKETS, buckets: &sample.buckets, sum: sample.sum };
        text.histogram(name, &[("query", &label)], histogram);
    }
}

fn bus(services: &Services, text: &mut Text) {
    let stats = services.bus.stats();
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    for (name, kind, help, value) in [
        ("coder_pubsub_connected", "gauge", "The bus is connected.", u64::from(stats.connected) as f64),
        ("coder_pubsub_current_events", "gauge", "Channels with subscribers.", stats.channels as f64),
        ("coder_pubsub_current_subscribers", "gauge", "Subscribers.", stats.subscribers as f64),
        ("coder_pubsub_published_bytes_total", "counter", "Bytes published.", stats.published_bytes as f64),
        ("coder_pubsub_received_bytes_total", "counter", "Bytes received.", stats.received_bytes as f64),
        ("coder_pubsub_disconnections_total", "counter", "Lost connections.", stats.disconnections as f64),
    ] {
        text.family(name, kind, help);
        text.sample(name, &[], value);
    }
}

fn queue(services: &Services, text: &mut Text) {
    let Some(builds) = services.extensions.find::<Builds>() else { return };
    let name = "coderd_provisioner_job_queue_wait_seconds";
    text.family(name, "histogram", "Time from the creation of a job until a daemon takes it.");
    for (labels, sample) in builds.queue_waits() {
        let labels = [
            ("provisioner_type", labels.provisioner_type.as_str()),
            ("job_type", &labels.job_type),
            ("transition", &labels.transition),
            ("build_reason", &labels.build_reason),
        ];
        let bounds = &warren_builds::QUEUE_WAIT_BUCKETS;
        text.histogram(name, &labels, Histogram { bounds, buckets: &sample.buckets, sum: sample.sum });
    }
}
