//! Agents that are connected here, or were lately: all that is known about them without asking the database.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warren_auth::AgentIdentity;

use crate::metadata::MetadataValues;

/// The agents of this replica.
#[derive(Default)]
pub(crate) struct Live(RwLock<HashMap<Uuid, Arc<LiveAgent>>>);

/// One agent.
pub(crate) struct LiveAgent {
    pub(crate) identity: Arc<AgentIdentity>,
    pub(crate) metadata: MetadataValues,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connections: Vec<Connection>,
    next: u64,
    first_connected_at: Option<Timestamp>,
    /// The output is full.
    overflowed: bool,
    /// When the last connection ended.
    ended_at: Timestamp,
}

struct Connection {
    number: u64,
    since: Timestamp,
    last_seen: Timestamp,
    cancel: CancellationToken,
}

/// How an agent stands.
pub(crate) struct Presence {
    pub(crate) first_connected_at: Option<Timestamp>,
    pub(crate) last_seen: Timestamp,
}

impl Live {
    pub(crate) fn find(&self, agent: Uuid) -> Option<Arc<LiveAgent>> {
        self.0.read().get(&agent).cloned()
    }

    /// The entry of an agent, new if there is none.
    pub(crate) fn entry(&self, identity: &Arc<AgentIdentity>) -> Arc<LiveAgent> {
        let mut agents = self.0.write();
        let entry = agents.entry(identity.agent_id).or_insert_with(|| Arc::new(LiveAgent::new(identity.clone())));
        entry.clone()
    }

    /// The agents of an owner, or of one workspace.
    pub(crate) fn of_owner(&self, owner: Uuid, workspace: Option<Uuid>) -> Vec<Arc<LiveAgent>> {
        let agents = self.0.read();
        let matching = agents.values().filter(|agent| {
            agent.identity.owner_id == owner && workspace.is_none_or(|id| agent.identity.workspace_id == id)
        });
        matching.cloned().collect()
    }

    pub(crate) fn remove(&self, agent: Uuid) {
        self.0.write().remove(&agent);
    }

    /// Forgets agents of an owner that are not connected since `before`; whether any are left.
    pub(crate) fn forget_idle(&self, owner: Uuid, before: Timestamp) -> bool {
        let mut agents = self.0.write();
        agents.retain(|_, agent| {
            let state = agent.state.lock();
            agent.identity.owner_id != owner || !state.connections.is_empty() || state.ended_at > before
        });
        agents.values().any(|agent| agent.identity.owner_id == owner)
    }
}

impl LiveAgent {
    /// An agent without connections.
    pub(crate) fn new(identity: Arc<AgentIdentity>) -> Self {
        let state = State { ended_at: crate::service::now(), ..State::default() };
        Self { identity, metadata: MetadataValues::default(), state: Mutex::new(state) }
    }

    /// Adds a connection; its number.
    pub(crate) fn connect(&self, now: Timestamp, cancel: CancellationToken) -> u64 {
        let mut state = self.state.lock();
        state.next += 1;
        let number = state.next;
        state.connections.push(Connection { number, since: now, last_seen: now, cancel });
        number
    }

    pub(crate) fn first_connected(&self, at: Option<Timestamp>) {
        self.state.lock().first_connected_at = at;
    }

    pub(crate) fn seen(&self, number: u64, now: Timestamp) {
        let mut state = self.state.lock();
        if let Some(connection) = state.connections.iter_mut().find(|connection| connection.number == number) {
            connection.last_seen = now;
        }
    }

    /// Removes a connection. If it was the last one: its begin and its last sign of life.
    pub(crate) fn disconnect(&self, number: u64, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let mut state = self.state.lock();
        let index = state.connections.iter().position(|connection| connection.number == number)?;
        let connection = state.connections.swap_remove(index);
        if !state.connections.is_empty() {
            return None;
        }
        state.ended_at = now;
        Some((connection.since, connection.last_seen))
    }

    /// Ends every connection.
    pub(crate) fn end(&self) {
        self.state.lock().connections.iter().for_each(|connection| connection.cancel.cancel());
    }

    /// `None` when it is not connected here.
    pub(crate) fn presence(&self) -> Option<Presence> {
        let state = self.state.lock();
        let last_seen = state.connections.iter().map(|connection| connection.last_seen).max()?;
        Some(Presence { first_connected_at: state.first_connected_at, last_seen })
    }

    pub(crate) fn overflowed(&self) -> bool {
        self.state.lock().overflowed
    }

    pub(crate) fn set_overflowed(&self) {
        self.state.lock().overflowed = true;
    }
}
