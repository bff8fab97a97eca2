//! What waits to be written to one client: notices, a pong, discovery packets, other packets. All bounded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use warren_derp::Frame;

use crate::client::ConnNumber;
use crate::defaults::{CONTROL_FRAMES, WRITE_BATCH_FRAMES};
use crate::stats::PacketKind;

mod lane;

use lane::Lane;

/// Bounds of one client's packet queues.
#[derive(Debug, Clone)]
pub(crate) struct QueueLimits {
    /// Packets in each of the two queues.
    pub(crate) packets: usize,
    /// Bytes in each of the two queues.
    pub(crate) bytes: usize,
    /// Bytes in all queues of the relay, and how many there may be.
    pub(crate) total: Arc<AtomicUsize>,
    pub(crate) total_limit: usize,
}

/// Senders push without waiting, one writer takes.
#[derive(Debug)]
pub(crate) struct Queue {
    limits: QueueLimits,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    control: VecDeque<Bytes>,
    pong: Option<[u8; 8]>,
    disco: Lane,
    other: Lane,
    /// No more is accepted; the writer ends when it has written what is here.
    closing: bool,
}

/// What became of a pushed packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It waits; more than half of the queue is used if `crowded`.
    Queued { crowded: bool },
    /// It waits, and this many older ones were dropped for it.
    DroppedOlder(usize),
    /// It was dropped itself.
    DroppedItself,
    /// The connection is ending.
    Closed,
}

/// Frames for one write.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) frames: Vec<Bytes>,
    pub(crate) packets: [u64; 2],
    pub(crate) packet_bytes: u64,
    pub(crate) pongs: u64,
    /// When the first packet came.
    pub(crate) oldest: Option<Instant>,
}

impl Queue {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self { limits, state: Mutex::default(), wake: Notify::new() }
    }

    /// `source`: the connection that pays with its own packets when there is no room.
    pub(crate) fn push_packet(&self, kind: PacketKind, source: ConnNumber, frame: Bytes, now: Instant) -> Pushed {
        let (pushed, was_empty) = {
            let mut state = self.state.lock();
            if state.closing {
                return Pushed::Closed;
            }
            let was_empty = state.is_empty();
            (self.push_locked(state.lane(kind), source, frame, now), was_empty)
        };
        if was_empty {
            self.wake.notify_one();
        }
        pushed
    }

    fn push_locked(&self, lane: &mut Lane, source: ConnNumber, frame: Bytes, now: Instant) -> Pushed {
        let length = frame.len();
        let mut dropped = 0;
        while lane.packets() >= self.limits.packets || lane.bytes() + length > self.limits.bytes {
            let Some(freed) = lane.drop_one() else { return Pushed::DroppedItself };
            self.limits.total.fetch_sub(freed, Relaxed);
            dropped += 1;
        }
        if self.limits.total.load(Relaxed) + length > self.limits.total_limit {
            return Pushed::DroppedItself;
        }
        self.limits.total.fetch_add(length, Relaxed);
        lane.push(source, frame, now);
        match dropped {
            0 => Pushed::Queued { crowded: lane.packets() * 2 > self.limits.packets },
            dropped => Pushed::DroppedOlder(dropped),
        }
    }

    /// A notice; dropped when too many wait already.
    pub(crate) fn push_control(&self, frame: &Frame) -> bool {
        {
            let mut state = self.state.lock();
            if state.closing || state.control.len() >= CONTROL_FRAMES {
                return false;
            }
            state.control.push_back(frame.to_bytes());
        }
        self.wake.notify_one();
        true
    }

    /// One pong waits at most; further pings stay unanswered until it is written.
    pub(crate) fn push_pong(&self, data: [u8; 8]) {
        self.state.lock().pong.get_or_insert(data);
        self.wake.notify_one();
    }

    /// Lets the writer end, after a last notice and what waits already.
    pub(crate) fn close(&self, last: Option<&Frame>) {
        {
            let mut state = self.state.lock();
            if !state.closing {
                state.closing = true;
                state.control.extend(last.map(Frame::to_bytes));
            }
        }
        self.wake.notify_one();
    }

    /// Waits for something to write; `false` when the queue is closed and empty.
    pub(crate) async fn wait(&self) -> bool {
        loop {
            {
                let state = self.state.lock();
                if !state.is_empty() {
                    return true;
                }
                if state.closing {
                    return false;
                }
            }
            self.wake.notified().await;
        }
    }

    /// Moves the next frames into `batch`: notices first, then discovery, then the rest.
    pub(crate) fn take(&self, batch: &mut Batch) {
        let mut state = self.state.lock();
        if let Some(data) = state.pong.take() {
            batch.frames.push(Frame::Pong(data).to_bytes());
            batch.pongs += 1;
        }
        while batch.frames.len() < WRITE_BATCH_FRAMES
            && let Some(frame) = state.control.pop_front()
        {
            batch.frames.push(frame);
        }
        for kind in [PacketKind::Disco, PacketKind::Other] {
            while batch.frames.len() < WRITE_BATCH_FRAMES
                && let Some((frame, since)) = state.lane(kind).pop()
            {
                self.limits.total.fetch_sub(frame.len(), Relaxed);
                batch.packets[kind as usize] += 1;
                batch.packet_bytes += frame.len() as u64;
                batch.oldest = Some(batch.oldest.map_or(since, |oldest| oldest.min(since)));
                batch.frames.push(frame);
            }
        }
        if state.is_empty() {
            state.give_back_memory();
        }
    }

    /// Closes at once; returns how many packets of each kind waited.
    pub(crate) fn abandon(&self) -> [u64; 2] {
        let mut state = self.state.lock();
        state.closing = true;
        state.control = VecDeque::new();
        state.pong = None;
        let mut waited = [0; 2];
        for kind in [PacketKind::Disco, PacketKind::Other] {
            let lane = std::mem::take(state.lane(kind));
            self.limits.total.fetch_sub(lane.bytes(), Relaxed);
            waited[kind as usize] = lane.packets() as u64;
        }
        waited
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.state.lock().is_empty()
    }
}

impl State {
    fn lane(&mut self, kind: PacketKind) -> &mut Lane {
        match kind {
            PacketKind::Disco => &mut self.disco,
            PacketKind::Other => &mut self.other,
        }
    }

    fn is_empty(&self) -> bool {
        self.control.is_empty() && self.pong.is_none() && self.disco.is_empty() && self.other.is_empty()
    }

    fn give_back_memory(&mut self) {
        self.disco.give_back_memory();
        self.other.give_back_memory();
        self.control.shrink_to(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(packets: usize, bytes: usize, total_limit: usize) -> Queue {
        Queue::new(QueueLimits { packets, bytes, total: Arc::default(), total_limit })
    }

    fn packet(byte: u8, length: usize) -> Bytes {
        vec![byte; length].into()
    }

    #[test]
    fn the_oldest_packet_makes_room() {
        let queue = queue(2, 1000, 1000);
        let now = Instant::now();
        assert_eq!(queue.push_packet(PacketKind::Other, 1, packet(1, 10), now), Pushed::Queued { crowded: false });
        assert_eq!(queue.push_packet(PacketKind::Other, 1, packet(2, 10), now), Pushed::Queued { crowded: true });
        assert_eq!(queue.push_packet(PacketKind::Other, 1, packet(3, 10), now), Pushed::DroppedOlder(1));
        let mut batch = Batch::default();
        queue.take(&mut batch);
        assert_eq!(batch.frames, [packet(2, 10), packet(3, 10)]);
        assert!(queue.is_empty());
    }

    #[test]
    fn bytes_are_bounded_per_queue_and_in_total() {
        let queue = queue(100, 50, 60);
        let now = Instant::now();
        queue.push_packet(PacketKind::Other, 1, packet(1, 40), now);
        assert_eq!(queue.push_packet(PacketKind::Other, 1, packet(2, 51), now), Pushed::DroppedItself);
        queue.push_packet(PacketKind::Other, 1, packet(3, 40), now);
        assert_eq!(queue.push_packet(PacketKind::Disco, 1, packet(4, 30), now), Pushed::DroppedItself);
        assert_eq!(queue.limits.total.load(Relaxed), 40);
        assert_eq!(queue.abandon(), [0, 1]);
        assert_eq!(queue.limits.total.load(Relaxed), 0);
        assert_eq!(queue.push_packet(PacketKind::Other, 1, packet(1, 1), now), Pushed::Closed);
    }

    #[test]
    fn notices_and_discovery_go_first() {
        let queue = queue(10, 1000, 1000);
        let now = Instant::now();
        queue.push_packet(PacketKind::Other, 1, packet(1, 10), now);
        queue.push_packet(PacketKind::Disco, 1, packet(2, 10), now);
        queue.push_control(&Frame::KeepAlive);
        queue.push_pong([1; 8]);
        queue.push_pong([2; 8]);
        let mut batch = Batch::default();
        queue.take(&mut batch);
        let expected = [Frame::Pong([1; 8]).to_bytes(), Frame::KeepAlive.to_bytes(), packet(2, 10), packet(1, 10)];
        assert_eq!(batch.frames, expected);
    }

    #[tokio::test]
    async fn a_closed_queue_is_written_to_its_end() {
        let queue = queue(10, 1000, 1000);
        queue.push_packet(PacketKind::Other, 1, packet(1, 10), Instant::now());
        queue.close(Some(&Frame::KeepAlive));
        assert!(queue.wait().await);
        queue.take(&mut Batch::default());
        assert!(!queue.wait().await);
    }
}
