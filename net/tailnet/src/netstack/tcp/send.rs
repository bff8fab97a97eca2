//! The sending half: bytes until they are acknowledged, what is on the way, what is lost, what goes next.

mod repair;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::congestion::Congestion;
use super::rtt::Rtt;
use super::segment::Ranges;
use super::seq::Seq;
use crate::defaults::{MSS, TCP_SEND_BUFFER, TCP_SEND_BUFFER_LIMIT};

/// A segment that was sent and is not acknowledged.
#[derive(Debug)]
struct Sent {
    start: Seq,
    /// Behind it, SYN and FIN counted.
    end: Seq,
    syn: bool,
    fin: bool,
    at: Instant,
    /// Number of this transmission among all.
    order: u64,
    repeated: bool,
    /// The peer has it, beyond a gap.
    sacked: bool,
    /// To be sent again.
    lost: bool,
}

impl Sent {
    fn length(&self) -> u32 {
        self.end.since(self.start) as u32
    }

    fn is_on_the_way(&self) -> bool {
        !self.sacked && !self.lost
    }
}

/// What to send next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Next {
    pub seq: Seq,
    /// Bytes of the buffer: from, how many.
    pub offset: usize,
    pub length: usize,
    pub syn: bool,
    pub fin: bool,
    /// Nothing waits behind it.
    pub last: bool,
}

#[derive(Debug)]
pub(super) struct Send {
    una: Seq,
    next: Seq,
    /// From sequence number `base` on.
    pub data: VecDeque<u8>,
    base: Seq,
    sent: VecDeque<Sent>,
    /// Bytes on the way, bytes that the peer has beyond gaps, and segments to be sent again.
    flight: u32,
    sacked: u32,
    lost: usize,
    transmissions: u64,
    fin_wanted: bool,
    pub fin_acknowledged: bool,
    /// The peer's window, from `una` on, and by which segment it was told.
    pub window: u32,
    told_by: Option<(Seq, Seq)>,
    pub mss: u32,
    pub sack: bool,
    congestion: Congestion,
    pub rtt: Rtt,
    /// While losses of one window are repaired: up to here.
    recovery: Option<Seq>,
    /// The latest transmission that is known to have arrived.
    arrived: Option<(u64, Instant)>,
    duplicates: u32,
    /// When the retransmission time-out strikes.
    timeout_at: Option<Instant>,
    /// When the last segment is repeated on suspicion, once per round.
    probe_at: Option<Instant>,
    /// A closed window must be probed.
    persist_at: Option<Instant>,
    force_probe: bool,
}

impl Send {
    pub fn new(isn: Seq) -> Self {
        Self {
            una: isn,
            next: isn,
            data: VecDeque::new(),
            base: isn.plus(1),
            sent: VecDeque::new(),
            flight: 0,
            sacked: 0,
            lost: 0,
            transmissions: 0,
            fin_wanted: false,
            fin_acknowledged: false,
            window: 0,
            told_by: None,
            mss: MSS,
            sack: false,
            congestion: Congestion::new(MSS),
            rtt: Rtt::default(),
            recovery: None,
            arrived: None,
            duplicates: 0,
            timeout_at: None,
            probe_at: None,
            persist_at: None,
            force_probe: false,
        }
    }

    pub fn next_seq(&self) -> Seq {
        self.next
    }

    /// Bytes that the writer may add.
    pub fn room(&self) -> usize {
        let limit = (2 * self.congestion.window() as usize).clamp(TCP_SEND_BUFFER, TCP_SEND_BUFFER_LIMIT);
        limit.saturating_sub(self.data.len())
    }

    /// Nothing is to follow what was written.
    pub fn finish(&mut self) {
        self.fin_wanted = true;
    }

    /// Whether the peer owes an acknowledgement, or will when it opens its window.
    pub fn is_waiting(&self) -> bool {
        !self.sent.is_empty() || !self.data.is_empty() || (self.fin_wanted && !self.fin_acknowledged)
    }

    /// Whether an acknowledgement number can be meant for what was sent.
    pub fn is_plausible(&self, ack: Seq) -> bool {
        !ack.is_after(self.next)
    }

    /// Whether it acknowledges everything sent so far.
    pub fn is_all(&self, ack: Seq) -> bool {
        ack == self.next
    }

    /// Takes the peer's window, if the segment that tells it is not older than the last that did.
    pub fn update_window(&mut self, seq: Seq, ack: Seq, window: u32) {
        let is_old = |(by_seq, by_ack)| seq.is_before(by_seq) || (seq == by_seq && ack.is_before(by_ack));
        if self.told_by.is_some_and(is_old) {
            return;
        }
        self.told_by = Some((seq, ack));
        if self.window == 0 && window > 0 {
            // The probe of the closed window was thrown away.
            self.lose(|_| true);
            self.rtt.progress();
        }
        self.window = window;
        if window > 0 {
            self.persist_at = None;
        }
    }

    /// Handles an acknowledgement with its ranges. `bare`: the segment does nothing else.
    pub fn acknowledge(&mut self, now: Instant, ack: Seq, ranges: &Ranges, bare: bool) {
        let before = self.flight;
        let advanced = ack.since(self.una).max(0) as u32;
        if advanced > 0 {
            self.advance(now, ack);
        }
        let news = self.mark_ranges(now, ranges);
        if advanced > 0 {
            self.duplicates = 0;
            self.rtt.progress();
            // Only a window that was in use may grow.
            let may_grow = self.recovery.is_none() || self.congestion.is_slow_start();
            if may_grow && 2 * before >= self.congestion.window() {
                self.congestion.acknowledged(advanced, now, self.rtt.smoothed());
            }
        } else if bare && ack == self.una && !self.sent.is_empty() {
            self.duplicates += 1;
        }
        if self.recovery.is_some_and(|until| !self.una.is_before(until)) {
            self.recovery = None;
        }
        self.detect_loss(advanced > 0);
        if advanced > 0 || news {
            self.arm(now);
        }
    }

    fn advance(&mut self, now: Instant, ack: Seq) {
        self.una = ack;
        let mut fresh: Option<Duration> = None;
        while let Some(front) = self.sent.front_mut() {
            if front.end.is_after(ack) {
                if front.start.is_before(ack) {
                    let part = ack.since(front.start) as u32;
                    if front.is_on_the_way() {
                        self.flight -= part;
                    } else if front.sacked {
                        self.sacked -= part;
                    }
                    front.start = ack;
                    front.syn = false;
                }
                break;
            }
            let Some(front) = self.sent.pop_front() else { break };
            if front.is_on_the_way() {
                self.flight -= front.length();
            } else if front.sacked {
                self.sacked -= front.length();
            } else {
                self.lost -= 1;
            }
            if !front.repeated && !front.sacked {
                fresh = Some(now.saturating_duration_since(front.at));
            }
            self.arrived = self.arrived.max(Some((front.order, front.at)));
            self.fin_acknowledged |= front.fin;
        }
        let bytes = ack.since(self.base).max(0) as usize;
        let bytes = bytes.min(self.data.len());
        self.data.drain(..bytes);
        self.base = self.base.plus(bytes as u32);
        if let Some(took) = fresh {
            self.rtt.sample(took);
        }
    }

    /// Marks what the peer has beyond gaps; whether that is news.
    fn mark_ranges(&mut self, now: Instant, ranges: &Ranges) -> bool {
        let mut news = false;
        for (start, end) in ranges.iter().flatten() {
            if !end.is_after(*start) || end.is_after(self.next) || !start.is_after(self.una) {
                continue;
            }
            let first = self.sent.partition_point(|sent| sent.start.is_before(*start));
            for sent in self.sent.range_mut(first..) {
                if sent.end.is_after(*end) {
                    break;
                }
                if sent.sacked {
                    continue;
                }
                if sent.lost {
                    self.lost -= 1;
                } else {
                    self.flight -= sent.length();
                }
                self.sacked += sent.length();
                (sent.sacked, sent.lost) = (true, false);
                news = true;
                self.arrived = self.arrived.max(Some((sent.order, sent.at)));
                if !sent.repeated {
                    self.rtt.sample(now.saturating_duration_since(sent.at));
                }
            }
        }
        news
    }

    /// The next segment that may leave now.
    pub fn next(&mut self, now: Instant, may_send_data: bool) -> Option<Next> {
        if self.next == self.una && self.sent.is_empty() && self.base == self.una.plus(1) && self.transmissions == 0 {
            return Some(self.describe(self.next, 0, true, false)); // SYN
        }
        if let Some(again) = self.next_lost() {
            return Some(again);
        }
        if !may_send_data {
            return None;
        }
        let offset = self.next.since(self.base).max(0) as usize;
        let unsent = self.data.len().saturating_sub(offset);
        let fin_sent = self.next.since(self.base) > self.data.len() as i32;
        let window = self.window.saturating_sub(self.next.since(self.una) as u32) as usize;
        if unsent > 0 {
            let mut length = unsent.min(self.mss as usize).min(window);
            // Many small segments instead of one: only if nothing is on the way.
            if length < unsent && length < self.mss as usize && self.flight > 0 {
                return None;
            }
            if length == 0 {
                if !self.force_probe {
                    if self.sent.is_empty() && self.persist_at.is_none() {
                        self.persist_at = Some(now + self.rtt.timeout());
                    }
                    return None;
                }
                length = 1;
            }
            if self.flight > 0 && self.flight + length as u32 > self.congestion.window() {
                return None;
            }
            let fin = self.fin_wanted && length == unsent;
            return Some(self.describe(self.next, length, false, fin));
        }
        (self.fin_wanted && !fin_sent).then(|| self.describe(self.next, 0, false, true))
    }

    fn next_lost(&self) -> Option<Next> {
        if self.lost == 0 || (self.flight > 0 && self.flight >= self.congestion.window()) {
            return None;
        }
        let missing = self.sent.iter().find(|sent| sent.lost)?;
        let payload = missing.length() - u32::from(missing.syn) - u32::from(missing.fin);
        Some(self.describe(missing.start, payload as usize, missing.syn, missing.fin))
    }

    fn describe(&self, seq: Seq, length: usize, syn: bool, fin: bool) -> Next {
        let offset = seq.since(self.base).max(0) as usize;
        Next { seq, offset, length, syn, fin, last: offset + length == self.data.len() }
    }

    /// The segment left.
    pub fn sent(&mut self, now: Instant, what: Next) {
        self.force_probe = false;
        self.transmissions += 1;
        let order = self.transmissions;
        let length = what.length as u32 + u32::from(what.syn) + u32::from(what.fin);
        self.flight += length;
        if what.seq == self.next {
            let end = what.seq.plus(length);
            let Next { syn, fin, .. } = what;
            self.sent.push_back(Sent {
                start: what.seq,
                end,
                syn,
                fin,
                at: now,
                order,
                repeated: false,
                sacked: false,
                lost: false,
            });
            self.next = end;
            if self.timeout_at.is_none() {
                self.timeout_at = Some(now + self.rtt.timeout());
            }
            self.probe_at = (self.recovery.is_none() && !syn).then(|| now + self.rtt.probe_timeout());
            return;
        }
        let at = self.sent.partition_point(|sent| sent.start.is_before(what.seq));
        if let Some(sent) = self.sent.get_mut(at) {
            self.lost -= usize::from(sent.lost);
            (sent.at, sent.order, sent.repeated, sent.lost) = (now, order, true, false);
        }
        if self.timeout_at.is_none() {
            self.timeout_at = Some(now + self.rtt.timeout());
        }
    }
}
