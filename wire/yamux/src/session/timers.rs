//! Deadlines: pings, streams that are not acknowledged, streams that the peer does not close.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::{Event, Session};
use crate::defaults;
use crate::error::CloseReason;
use crate::frame::{Flags, Header, Kind};
use crate::stream::{Handshake, StreamId};

#[derive(Debug)]
struct Ping {
    sent_at: Instant,
    keep_alive: bool,
}

#[derive(Debug)]
pub(super) struct Timers {
    keep_alive: Option<(Duration, Instant)>,
    /// When the peer was last heard.
    heard_at: Instant,
    pings: BTreeMap<u32, Ping>,
    next_ping: u32,
    /// In order of time, as all wait equally long. Entries of settled streams go when they reach the front.
    open: VecDeque<(Instant, StreamId)>,
    close: VecDeque<(Instant, StreamId)>,
}

impl Timers {
    pub(super) fn new(keep_alive: Option<Duration>, now: Instant) -> Self {
        Self {
            keep_alive: keep_alive.map(|period| (period, now + period)),
            heard_at: now,
            pings: BTreeMap::new(),
            next_ping: 0,
            open: VecDeque::new(),
            close: VecDeque::new(),
        }
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heard_at = now;
    }

    pub(super) fn opened(&mut self, id: StreamId, now: Instant) {
        self.open.push_back((now + defaults::OPEN_TIMEOUT, id));
    }

    /// `is_open` says of a stream whether it still exists; used when many dead entries wait behind a living one.
    pub(super) fn closing(&mut self, id: StreamId, now: Instant, is_open: impl Fn(&StreamId) -> bool) {
        if self.close.len() >= 2 * defaults::MAX_STREAMS {
            self.close.retain(|(_, id)| is_open(id));
        }
        self.close.push_back((now + defaults::CLOSE_TIMEOUT, id));
    }

    /// The round trip of an own ping; `None` if it is not one, or of the keep-alive.
    pub(super) fn answered(&mut self, id: u32, now: Instant) -> Option<Duration> {
        let ping = self.pings.remove(&id)?;
        (!ping.keep_alive).then(|| now.saturating_duration_since(ping.sent_at))
    }
}

impl Session {
    /// Sends a ping and returns its value; the answer comes as [`Event::Pong`]. `None` when too many are in flight.
    pub fn ping(&mut self, now: Instant) -> Option<u32> {
        self.send_ping(now, false)
    }

    /// When the peer last sent something.
    pub fn heard_at(&self) -> Instant {
        self.timers.heard_at
    }

    /// When [`Session::handle_timeout`] must be called, and what for.
    pub fn poll_timeout(&mut self) -> Option<(Instant, &'static str)> {
        if self.closed.is_some() {
            return None;
        }
        self.drop_settled();
        let keep_alive = self.timers.keep_alive.map(|(_, at)| (at, "keep-alive ping"));
        // Pings are numbered in the order of time.
        let ping = self.timers.pings.values().next().map(|p| (p.sent_at + defaults::PING_TIMEOUT, "ping answer"));
        let open = self.timers.open.front().map(|(at, _)| (*at, "stream acknowledgement"));
        let close = self.timers.close.front().map(|(at, _)| (*at, "stream close"));
        [keep_alive, ping, open, close].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.closed.is_some() {
            return;
        }
        self.drop_settled();
        if let Some((_, id)) = self.timers.open.front().filter(|(at, _)| *at <= now) {
            self.close(CloseReason::OpenTimeout(*id));
            return;
        }
        while let Some((_, id)) = pop_if(&mut self.timers.close, |(at, _)| *at <= now) {
            self.reset(id);
            self.remove_if_over(id);
        }
        while let Some(first) = self.timers.pings.first_entry()
            && first.get().sent_at + defaults::PING_TIMEOUT <= now
        {
            let (id, ping) = first.remove_entry();
            if ping.keep_alive {
                self.close(CloseReason::KeepAlive);
                return;
            }
            self.events.push_back(Event::PingTimeout { id });
        }
        if let Some((period, at)) = self.timers.keep_alive
            && at <= now
        {
            // A peer that was heard meanwhile lives.
            let due = self.timers.heard_at + period;
            if due > now {
                self.timers.keep_alive = Some((period, due));
            } else {
                self.timers.keep_alive = Some((period, now + period));
                self.send_ping(now, true);
            }
        }
    }

    fn send_ping(&mut self, now: Instant, keep_alive: bool) -> Option<u32> {
        if self.closed.is_some() || self.timers.pings.len() >= defaults::MAX_PINGS {
            return None;
        }
        let id = self.timers.next_ping;
        self.timers.next_ping = id.wrapping_add(1);
        self.timers.pings.insert(id, Ping { sent_at: now, keep_alive });
        self.push_control(Header { kind: Kind::Ping, flags: Flags::SYN, stream: StreamId(0), length: id });
        Some(id)
    }

    /// Forgets deadlines of streams that no longer have one.
    fn drop_settled(&mut self) {
        let Self { timers, streams, .. } = self;
        let waiting = |id: &StreamId| {
            streams.get(id).is_some_and(|s| matches!(s.handshake, Handshake::SynQueued | Handshake::SynSent))
        };
        while pop_if(&mut timers.open, |(_, id)| !waiting(id)).is_some() {}
        while pop_if(&mut timers.close, |(_, id)| !streams.contains_key(id)).is_some() {}
    }
}

/// Takes the front of a queue if it fulfils a condition.
fn pop_if<T>(queue: &mut VecDeque<T>, condition: impl FnOnce(&T) -> bool) -> Option<T> {
    if queue.front().is_some_and(condition) { queue.pop_front() } else { None }
}
