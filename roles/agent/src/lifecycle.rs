//! The agent's lifecycle: states only move forward and every one is reported, in order (agent.md §13).

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;
use warren_proto::agent::lifecycle::State;
use warren_proto::agent::{Lifecycle as Message, UpdateLifecycleRequest, agent_methods};

use crate::wire::timestamp;

struct Inner {
    states: Vec<(State, Timestamp)>,
    reported: usize,
}

/// The queue of states of one agent process; lives across reconnects.
pub struct Lifecycle {
    inner: Mutex<Inner>,
    changed: Notify,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self { inner: Mutex::new(Inner { states: Vec::new(), reported: 0 }), changed: Notify::new() }
    }
}

impl Lifecycle {
    /// Moves on; a move to the same or an earlier state is ignored.
    pub fn set(&self, state: State) {
        let mut inner = self.inner.lock();
        if inner.states.last().is_some_and(|(last, _)| *last as i32 >= state as i32) {
            return;
        }
        inner.states.push((state, Timestamp::now()));
        drop(inner);
        tracing::info!(state = state.as_str_name(), "lifecycle changed");
        self.changed.notify_waiters();
    }

    /// The newest state.
    pub fn current(&self) -> Option<State> {
        self.inner.lock().states.last().map(|(state, _)| *state)
    }

    /// Waits until the server knows every state.
    pub async fn reported(&self) {
        loop {
            let changed = self.changed.notified();
            {
                let inner = self.inner.lock();
                if inner.reported == inner.states.len() {
                    return;
                }
            }
            changed.await;
        }
    }

    /// Reports for as long as the connection lives.
    pub async fn report(&self, session: &warren_rpc::Session) -> Result<(), warren_rpc::Error> {
        loop {
            let changed = self.changed.notified();
            let next = {
                let inner = self.inner.lock();
                inner.states.get(inner.reported).copied()
            };
            let Some((state, at)) = next else {
                changed.await;
                continue;
            };
            let lifecycle = Message { state: state.into(), changed_at: Some(timestamp(at)) };
            let request = UpdateLifecycleRequest { lifecycle: Some(lifecycle) };
            session.unary(agent_methods::UPDATE_LIFECYCLE, &request).await?;
            self.inner.lock().reported += 1;
            self.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_never_move_back() {
        let lifecycle = Lifecycle::default();
        lifecycle.set(State::Starting);
        lifecycle.set(State::Ready);
        lifecycle.set(State::Starting);
        lifecycle.set(State::Ready);
        assert_eq!(lifecycle.current(), Some(State::Ready));
        assert_eq!(lifecycle.inner.lock().states.len(), 2);
    }
}
