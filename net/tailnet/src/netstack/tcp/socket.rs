//! One connection: states, and the two halves put together (RFC 9293).

use std::io;
use std::time::{Duration, Instant};

use super::receive::Receive;
use super::segment::Segment;
use super::send::Send;
use super::seq::Seq;
use crate::defaults::{MSS, TCP_WINDOW, TCP_WINDOW_LIMIT, TCP_WINDOW_RATE};
use crate::netstack::flow::Flow;

/// Window scale that we offer: enough for the largest window.
const SCALE: u8 = 7;
const TIME_WAIT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
    Closed,
}

/// The outcome of a read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Bytes(usize),
    /// Nothing now.
    Wait,
    /// Nothing ever again.
    End,
    /// The connection broke.
    Reset,
}

#[derive(Debug)]
pub(crate) struct Socket {
    flow: Flow,
    state: State,
    send: Send,
    receive: Receive,
    /// Scales of the windows that the peer tells and that we tell.
    scale_in: u8,
    scale_out: u8,
    /// An RST is to be sent.
    reset_wanted: bool,
    closed_at: Option<Instant>,
}

impl Socket {
    /// Opens a connection. `isn`: the first sequence number, random.
    pub fn connect(flow: Flow, isn: u32) -> Self {
        Self::new(flow, State::SynSent, isn, Seq(0))
    }

    /// Answers a SYN.
    pub fn accept(flow: Flow, isn: u32, syn: &Segment<'_>) -> Self {
        let mut socket = Self::new(flow, State::SynReceived, isn, syn.seq.plus(1));
        socket.agree(syn);
        socket.send.update_window(syn.seq, Seq(isn), syn.window.into());
        socket
    }

    fn new(flow: Flow, state: State, isn: u32, first: Seq) -> Self {
        Self {
            flow,
            state,
            send: Send::new(Seq(isn)),
            receive: Receive::new(first),
            scale_in: 0,
            scale_out: SCALE,
            reset_wanted: false,
            closed_at: None,
        }
    }

    /// Takes over what the peer's SYN offers.
    fn agree(&mut self, syn: &Segment<'_>) {
        const DEFAULT_MSS: u16 = 536;
        const LEAST_MSS: u32 = 64;
        self.send.mss = u32::from(syn.mss.unwrap_or(DEFAULT_MSS)).clamp(LEAST_MSS, MSS);
        self.send.sack = syn.sack_permitted;
        match syn.scale {
            Some(scale) => self.scale_in = scale,
            None => self.scale_out = 0,
        }
        self.receive.limit = TCP_WINDOW.min(self.largest_window());
    }

    /// Handles a segment of the connection; returns what answers one that does not fit.
    pub fn process(&mut self, now: Instant, segment: &Segment<'_>) -> Option<Segment<'static>> {
        match self.state {
            State::Closed => return segment.refusal(),
            State::SynSent => return self.process_answer(now, segment),
            _ => {}
        }
        if !self.receive.is_acceptable(segment.seq, segment.length()) {
            self.receive.ack_now |= !segment.rst;
            return None;
        }
        if segment.rst {
            // Only at the expected place; elsewhere the peer is asked what it means.
            if segment.seq == self.receive.next {
                self.close();
            } else {
                self.receive.ack_now = true;
            }
            return None;
        }
        if segment.syn {
            self.receive.ack_now = true;
            return None;
        }
        let ack = segment.ack?;
        if !self.send.is_plausible(ack) {
            if self.state == State::SynReceived {
                return segment.refusal();
            }
            self.receive.ack_now = true;
            return None;
        }
        self.process_ack(now, segment, ack);
        if matches!(self.state, State::Established | State::FinWait1 | State::FinWait2) {
            self.receive.accept(now, segment.seq, segment.payload, segment.fin);
            if self.receive.finished {
                self.end_of_peer(now);
            }
        } else if segment.length() > 0 {
            self.receive.ack_now = true; // its FIN again: our acknowledgement was lost
            if self.state == State::TimeWait {
                self.closed_at = Some(now + TIME_WAIT);
            }
        }
        None
    }

    /// The answer to our SYN.
    fn process_answer(&mut self, now: Instant, segment: &Segment<'_>) -> Option<Segment<'static>> {
        let ack = segment.ack?; // two SYNs that cross: the peers of this network do not do that
        if !self.send.is_all(ack) {
            return segment.refusal();
        }
        if segment.rst {
            self.close();
            return None;
        }
        if !segment.syn {
            return None;
        }
        self.receive = Receive::new(segment.seq.plus(1));
        self.agree(segment);
        self.send.update_window(segment.seq, ack, segment.window.into());
        self.send.acknowledge(now, ack, &segment.sack, false);
        self.establish();
        self.receive.ack_now = true;
        None
    }

    fn establish(&mut self) {
        self.state = State::Established;
        self.fit_window();
    }

    /// The window follows from the distance: what the wanted rate needs for one round trip.
    fn fit_window(&mut self) {
        if let Some(distance) = self.send.rtt.shortest {
            let wanted = (distance.as_secs_f64() * TCP_WINDOW_RATE) as u32;
            self.receive.limit = wanted.clamp(TCP_WINDOW, TCP_WINDOW_LIMIT).min(self.largest_window());
        }
    }

    /// What can be told with the agreed scale.
    fn largest_window(&self) -> u32 {
        u32::from(u16::MAX) << self.scale_out
    }

    fn process_ack(&mut self, now: Instant, segment: &Segment<'_>, ack: Seq) {
        let window = u32::from(segment.window) << self.scale_in;
        self.send.update_window(segment.seq, ack, window);
        let bare = segment.length() == 0;
        self.send.acknowledge(now, ack, &segment.sack, bare);
        if self.state == State::SynReceived && self.send.is_all(ack) {
            self.establish();
        }
        if self.send.fin_acknowledged {
            match self.state {
                State::FinWait1 => self.state = State::FinWait2,
                State::Closing => self.wait(now),
                State::LastAck => self.close(),
                _ => {}
            }
        }
    }

    fn end_of_peer(&mut self, now: Instant) {
        match self.state {
            State::Established => self.state = State::CloseWait,
            State::FinWait1 => self.state = State::Closing,
            State::FinWait2 => self.wait(now),
            _ => {}
        }
    }

    fn wait(&mut self, now: Instant) {
        self.state = State::TimeWait;
        self.closed_at = Some(now + TIME_WAIT);
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.closed_at = None;
    }

    /// Whether [`Self::transmit`] has something to write.
    pub fn wants_to_send(&mut self, now: Instant) -> bool {
        if self.state == State::Closed {
            return self.reset_wanted;
        }
        let synchronized = !self.is_opening();
        self.send.next(now, synchronized).is_some() || (synchronized && self.receive.wants_ack(now))
    }

    /// Writes the next packet that is due into `out`; its length.
    pub fn transmit(&mut self, now: Instant, out: &mut [u8]) -> Option<usize> {
        if self.reset_wanted {
            self.reset_wanted = false;
            let ack = Some(self.receive.next);
            let reset = Segment { rst: true, ack, ..Segment::new(self.send.next_seq()) };
            return reset.write(&self.flow, &[], out);
        }
        if self.state == State::Closed {
            return None;
        }
        let synchronized = !self.is_opening();
        if let Some(next) = self.send.next(now, synchronized) {
            let (front, back) = self.send.data.as_slices();
            let end = next.offset + next.length;
            let first = front.get(next.offset..end.min(front.len())).unwrap_or_default();
            let skip = next.offset.saturating_sub(front.len());
            let second = back.get(skip..end.saturating_sub(front.len())).unwrap_or_default();
            let mut segment = self.segment(next.seq);
            segment.payload = first;
            (segment.syn, segment.fin) = (next.syn, next.fin);
            segment.push = next.last && next.length > 0;
            if next.syn {
                segment.mss = Some(MSS as u16);
                segment.scale = (self.scale_out > 0).then_some(SCALE);
                segment.sack_permitted = self.state == State::SynSent || self.send.sack;
                segment.window = self.receive.window().min(u16::MAX.into()) as u16;
                segment.sack = Default::default();
                if self.state == State::SynSent {
                    segment.ack = None;
                }
            } else if next.length > 0 {
                segment.sack = Default::default(); // a full segment has no room for ranges
            }
            let told = u32::from(segment.window) << if next.syn { 0 } else { self.scale_out };
            let length = segment.write(&self.flow, second, out)?;
            self.send.sent(now, next);
            self.receive.acknowledged(told);
            return Some(length);
        }
        if !synchronized || !self.receive.wants_ack(now) {
            return None;
        }
        let segment = self.segment(self.send.next_seq());
        let told = u32::from(segment.window) << self.scale_out;
        let length = segment.write(&self.flow, &[], out)?;
        self.receive.acknowledged(told);
        Some(length)
    }

    fn segment(&self, seq: Seq) -> Segment<'_> {
        let window = (self.receive.window() >> self.scale_out).min(u16::MAX.into()) as u16;
        let sack = if self.send.sack { self.receive.ranges() } else { Default::default() };
        Segment { ack: Some(self.receive.next), window, sack, ..Segment::new(seq) }
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        if self.closed_at.is_some_and(|at| at <= now) {
            self.close();
        }
        if self.state != State::Closed {
            self.send.handle_timeout(now);
        }
    }

    /// When it must be looked at again, if nothing happens.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.state == State::Closed {
            return None;
        }
        [self.closed_at, self.send.poll_timeout(), self.receive.poll_timeout()].into_iter().flatten().min()
    }

    /// The path was away and is back: what waits for a time-out goes now.
    pub fn hurry(&mut self) {
        self.send.hurry();
    }

    pub fn read(&mut self, out: &mut [u8]) -> Read {
        if self.is_opening() {
            return Read::Wait;
        }
        match self.receive.read(out) {
            0 if self.receive.finished => Read::End,
            0 if self.state == State::Closed => Read::Reset,
            0 if !out.is_empty() => Read::Wait,
            n => {
                self.fit_window();
                Read::Bytes(n)
            }
        }
    }

    /// Takes what there is room for. An error when nothing can be sent any more.
    pub fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self.state {
            State::SynSent | State::SynReceived => Ok(0),
            State::Established | State::CloseWait => {
                let n = self.send.room().min(data.len());
                self.send.data.extend(&data[..n]);
                Ok(n)
            }
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Nothing more will be written.
    pub fn shutdown(&mut self) {
        match self.state {
            State::Established | State::SynReceived => self.state = State::FinWait1,
            State::CloseWait => self.state = State::LastAck,
            State::SynSent => return self.close(),
            _ => return,
        }
        self.send.finish();
    }

    /// Breaks the connection.
    pub fn abort(&mut self) {
        let known = !matches!(self.state, State::Closed | State::SynSent | State::TimeWait);
        self.reset_wanted |= known;
        self.close();
    }

    pub fn is_opening(&self) -> bool {
        matches!(self.state, State::SynSent | State::SynReceived)
    }

    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Nothing more will happen: it can be forgotten.
    pub fn is_over(&self) -> bool {
        self.state == State::Closed && !self.reset_wanted
    }

    /// Whether a read would not wait.
    pub fn is_readable(&self) -> bool {
        self.has_unread() || self.receive.finished || self.is_closed()
    }

    pub fn has_unread(&self) -> bool {
        !self.receive.data.is_empty()
    }

    /// Whether the reader freed so much that the peer should hear of it.
    pub fn wants_update(&self) -> bool {
        !self.is_opening() && self.receive.wants_update()
    }

    /// Whether a write would be worth while, or fail.
    pub fn is_writable(&self) -> bool {
        !matches!(self.state, State::Established | State::CloseWait) || self.send.room() >= crate::defaults::TCP_WRITE
    }

    /// Whether the peer owes us an acknowledgement.
    pub fn is_waiting(&self) -> bool {
        self.state != State::Closed && self.state != State::TimeWait && self.send.is_waiting()
    }
}
