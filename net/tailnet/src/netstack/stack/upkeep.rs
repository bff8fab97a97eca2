//! What happens to all connections at once: a path that is back, a peer that is gone, counting.

use std::net::Ipv6Addr;

use super::{Flow, Stack};

impl Stack {
    /// Repeats at once what waits for a time-out: the path to these peers is back.
    pub fn hurry(&mut self, is_back: impl Fn(&Ipv6Addr) -> bool) {
        let back: Vec<_> = self.flows.values().filter(|conn| is_back(&conn.flow.remote.0)).cloned().collect();
        for conn in back {
            conn.state.lock().socket.hurry();
            self.enqueue(&conn);
        }
    }

    /// Resets the connections with a peer that is gone.
    pub fn reset(&mut self, remote: Ipv6Addr) {
        self.reset_where(|flow| flow.remote.0 == remote);
    }

    pub(super) fn reset_where(&mut self, is_gone: impl Fn(&Flow) -> bool) {
        self.udp.end_where(&is_gone);
        let gone: Vec<_> = self.flows.values().filter(|conn| is_gone(&conn.flow)).cloned().collect();
        for conn in gone {
            let mut state = conn.state.lock();
            state.socket.abort();
            state.wake(); // now, not when there is room for the RST
            drop(state);
            self.enqueue(&conn);
        }
    }

    /// Connections now, and how many of them (or of those that ended) moved packets since the last call.
    pub fn take_counts(&mut self) -> (usize, u64) {
        self.window += 1;
        (self.flows.len(), std::mem::take(&mut self.active))
    }
}
