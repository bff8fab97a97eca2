//! The receiving half: bytes in order for the reader, bytes beyond a gap kept, what to acknowledge.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::segment::{MAX_RANGES, Ranges};
use super::seq::Seq;
use crate::defaults::{MSS, TCP_WINDOW};

/// An acknowledgement of little data may wait this long for company.
const DELAYED_ACK: Duration = Duration::from_millis(10);
/// Pieces beyond a gap; more are dropped and sent again.
const MAX_PIECES: usize = 4096;

#[derive(Debug)]
pub(super) struct Receive {
    /// What is expected next.
    pub next: Seq,
    /// Position of `next` in the stream, for keys that do not wrap.
    position: u64,
    pub data: VecDeque<u8>,
    /// Bytes beyond a gap, by position. Pieces do not overlap.
    pieces: BTreeMap<u64, Vec<u8>>,
    /// Where the last piece went: its range is reported first.
    latest: u64,
    /// Position of the end of the stream, once known.
    end: Option<u64>,
    /// The end was reached.
    pub finished: bool,
    /// Bytes that may wait for the reader.
    pub limit: u32,
    /// Up to where the peer knows it may send.
    edge: Seq,
    /// Bytes received since the last acknowledgement.
    unacknowledged: u32,
    pub ack_now: bool,
    ack_at: Option<Instant>,
}

impl Receive {
    /// `first`: the sequence number of the first byte.
    pub fn new(first: Seq) -> Self {
        Self {
            next: first,
            position: 0,
            data: VecDeque::new(),
            pieces: BTreeMap::new(),
            latest: 0,
            end: None,
            finished: false,
            limit: TCP_WINDOW,
            edge: first.plus(TCP_WINDOW.min(u16::MAX.into())),
            unacknowledged: 0,
            ack_now: false,
            ack_at: None,
        }
    }

    /// Bytes that the peer may send from `next` on. An edge that was told is never taken back.
    pub fn window(&self) -> u32 {
        let free = self.limit.saturating_sub(self.data.len() as u32);
        free.max(self.edge.since(self.next).max(0) as u32)
    }

    /// Whether a segment overlaps what may come, or stands exactly before it.
    pub fn is_acceptable(&self, seq: Seq, length: u32) -> bool {
        let end = seq.plus(length);
        let after = seq.since(self.next);
        end.since(self.next) >= 0 && after <= self.window() as i32
    }

    /// Takes payload, and whether the stream ends behind it.
    pub fn accept(&mut self, now: Instant, seq: Seq, payload: &[u8], fin: bool) {
        let offset = seq.since(self.next);
        let skip = usize::try_from(-offset).unwrap_or(0).min(payload.len());
        let (start, mut payload) = (offset.max(0) as u32, &payload[skip..]);
        let room = self.window().saturating_sub(start) as usize;
        let cut = payload.len() > room;
        payload = &payload[..payload.len().min(room)];
        if fin && !cut && self.end.is_none() {
            self.end = Some(self.position + u64::from(start) + payload.len() as u64);
            self.ack_now = true;
        }
        if offset < 0 && payload.is_empty() && !fin {
            self.ack_now = true; // all of it known already
        }
        if !payload.is_empty() {
            if start == 0 {
                self.unacknowledged += payload.len() as u32;
                self.append(payload);
                self.join_pieces();
            } else {
                self.keep(self.position + u64::from(start), payload);
                self.ack_now = true;
            }
        }
        if !self.pieces.is_empty() || self.unacknowledged >= 2 * MSS {
            self.ack_now = true;
        } else if self.unacknowledged > 0 && self.ack_at.is_none() {
            self.ack_at = Some(now + DELAYED_ACK);
        }
        if self.end == Some(self.position) && !self.finished {
            self.finished = true;
            self.next = self.next.plus(1);
            self.ack_now = true;
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        self.data.extend(bytes);
        self.position += bytes.len() as u64;
        self.next = self.next.plus(bytes.len() as u32);
    }

    /// Keeps what is not kept yet of a piece beyond a gap.
    fn keep(&mut self, at: u64, bytes: &[u8]) {
        let end = at + bytes.len() as u64;
        self.latest = at;
        let before = self.pieces.range(..=at).next_back().map_or(0, |(start, piece)| start + piece.len() as u64);
        let mut from = at.max(before);
        while from < end && self.pieces.len() < MAX_PIECES {
            let (until, known) = match self.pieces.range(from..end).next() {
                Some((start, piece)) => (*start, start + piece.len() as u64),
                None => (end, end),
            };
            if until > from {
                self.pieces.insert(from, bytes[(from - at) as usize..(until - at) as usize].to_vec());
            }
            from = known;
        }
    }

    fn join_pieces(&mut self) {
        while let Some(entry) = self.pieces.first_entry().filter(|entry| *entry.key() <= self.position) {
            let (start, piece) = entry.remove_entry();
            let known = (self.position - start) as usize;
            if let Some(new) = piece.get(known..) {
                self.unacknowledged += new.len() as u32;
                self.append(new);
            }
        }
    }

    /// The ranges to report, the latest first.
    pub fn ranges(&self) -> Ranges {
        let mut result = [None; MAX_RANGES];
        if self.pieces.is_empty() {
            return result;
        }
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for (start, piece) in &self.pieces {
            let end = start + piece.len() as u64;
            match ranges.last_mut() {
                Some(last) if last.1 == *start => last.1 = end,
                _ => ranges.push((*start, end)),
            }
        }
        if let Some(at) = ranges.iter().position(|(start, end)| (*start..*end).contains(&self.latest)) {
            ranges[..=at].rotate_right(1);
        }
        let seq = |position: u64| self.next.plus((position - self.position) as u32);
        for (slot, (start, end)) in result.iter_mut().zip(ranges) {
            *slot = Some((seq(start), seq(end)));
        }
        result
    }

    /// What the reader takes; frees window.
    pub fn read(&mut self, out: &mut [u8]) -> usize {
        let n = std::io::Read::read(&mut self.data, out).expect("reading memory");
        // A second read for a buffer that wraps.
        n + std::io::Read::read(&mut self.data, &mut out[n..]).expect("reading memory")
    }

    /// Whether the peer should hear that there is much more room than it knows.
    pub fn wants_update(&self) -> bool {
        let free = self.limit.saturating_sub(self.data.len() as u32);
        let known = self.edge.since(self.next).max(0) as u32;
        !self.finished && free >= known + (self.limit / 4).max(2 * MSS)
    }

    pub fn wants_ack(&self, now: Instant) -> bool {
        self.ack_now || self.ack_at.is_some_and(|at| at <= now) || self.wants_update()
    }

    /// An acknowledgement leaves, telling this window; whatever carries it.
    pub fn acknowledged(&mut self, told: u32) {
        self.ack_now = false;
        self.ack_at = None;
        self.unacknowledged = 0;
        let edge = self.next.plus(told);
        if edge.is_after(self.edge) {
            self.edge = edge;
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        self.ack_at
    }
}
