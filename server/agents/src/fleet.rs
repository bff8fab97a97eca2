//! All agents of the deployment, for metrics: read at most once a minute, and only while somebody asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;
use warren_core::AgentPresence;
use warren_db::DbError;
use warren_db::agent_reports::{FleetRow, list_fleet};

use crate::Agents;
use crate::activity::Traffic;
use crate::defaults::INACTIVE_AFTER;
use crate::service::now;

/// How old the picture may be.
const MAX_AGE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(crate) struct Fleet {
    picture: Mutex<Option<(Instant, Arc<[FleetRow]>)>>,
    reading: AtomicBool,
}

/// How an agent stands; the text is that of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetStatus {
    /// Not seen yet.
    Connecting,
    /// Connected.
    Connected,
    /// Was connected.
    Disconnected,
    /// Not seen in time.
    Timeout,
}

impl FleetStatus {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Timeout => "timeout",
        }
    }
}

/// One agent.
#[derive(Debug, Clone)]
pub struct FleetAgent<'a> {
    /// What the database says.
    pub row: &'a FleetRow,
    /// Its connection, as of now.
    pub status: FleetStatus,
    /// The number of its node, if it coordinates here.
    pub node_id: Option<i64>,
    /// Latency to relay regions: `(region, milliseconds, preferred)`.
    pub latency: Vec<(String, f64, bool)>,
    /// What it reported last, if it was used.
    pub traffic: Option<Traffic>,
}

impl Agents {
    /// Shows every agent to `show`. The picture may be a minute old; the first call has none and causes it to be taken.
    pub fn show_fleet(&self, mut show: impl FnMut(FleetAgent<'_>)) {
        let picture = self.0.fleet.picture.lock().clone();
        if picture.as_ref().is_none_or(|(taken, _)| taken.elapsed() >= MAX_AGE)
            && !self.0.fleet.reading.swap(true, Ordering::AcqRel)
        {
            self.0.tasks.spawn(self.clone().take_picture());
        }
        let traffic: std::collections::HashMap<_, _> = self.traffic().into_iter().collect();
        for row in picture.iter().flat_map(|(_, rows)| rows.iter()) {
            let presence = self.connection(row.id);
            let status = match &presence {
                Some(_) => FleetStatus::Connected,
                None => stored_status(row, now()),
            };
            show(FleetAgent {
                row,
                status,
                node_id: self.0.coordination.node(row.id).map(|node| node.id),
                latency: presence.map(|presence| presence.latency).unwrap_or_default(),
                traffic: traffic.get(&row.id).copied(),
            });
        }
    }

    async fn take_picture(self) {
        let read = async {
            let conn = self.0.db.conn().await?;
            list_fleet(&conn).await
        };
        let rows: Result<Vec<FleetRow>, DbError> = read.await;
        match rows {
            Ok(rows) => *self.0.fleet.picture.lock() = Some((Instant::now(), rows.into())),
            Err(error) => tracing::warn!(%error, "cannot read the agents for metrics"),
        }
        self.0.fleet.reading.store(false, Ordering::Release);
    }
}

fn stored_status(row: &FleetRow, now: Timestamp) -> FleetStatus {
    let Some(last) = row.last_connected_at.filter(|_| row.first_connected_at.is_some()) else {
        let age = now.duration_since(row.created_at).as_secs();
        let timeout = i64::from(row.connection_timeout_seconds);
        return if timeout > 0 && age > timeout { FleetStatus::Timeout } else { FleetStatus::Connecting };
    };
    let ended = row.disconnected_at.is_some_and(|ended| ended >= last);
    let silent = now.duration_since(last).unsigned_abs() > INACTIVE_AFTER;
    if ended || silent { FleetStatus::Disconnected } else { FleetStatus::Connected }
}
