//! The state of one stream.

use std::fmt;

use bytes::{Buf, BytesMut};

/// The id of a stream: odd when the client opened it, even when the server did, 0 for the session itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How far the own half close has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fin {
    Open,
    /// To be sent after the queued data.
    Queued,
    Sent,
}

/// How far the handshake of a stream has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// Opened here, SYN not sent yet.
    SynQueued,
    /// Opened here, the peer has not acknowledged it.
    SynSent,
    /// Opened by the peer, not accepted yet.
    Waiting,
    /// Accepted here, ACK not sent yet.
    AckQueued,
    Done,
}

#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) inbound: bool,
    pub(crate) handshake: Handshake,
    pub(crate) send: BytesMut,
    /// Bytes that we may still send.
    pub(crate) send_credit: u32,
    pub(crate) fin: Fin,
    pub(crate) recv: BytesMut,
    /// Bytes that the peer may still send.
    pub(crate) recv_credit: u32,
    /// Bytes consumed here that were not granted again.
    pub(crate) consumed: u32,
    pub(crate) remote_fin: bool,
    /// Dead by RST of either side; a local one still has to be sent if `rst_queued`.
    pub(crate) reset: bool,
    pub(crate) rst_queued: bool,
    /// The owner is gone: nobody reads or writes any more.
    pub(crate) released: bool,
    /// Stands in the session's ready queue.
    pub(crate) queued: bool,
    /// The owner wants to know when there is room in `send`.
    pub(crate) write_blocked: bool,
    pub(crate) readable_noted: bool,
    pub(crate) writable_noted: bool,
}

impl Stream {
    pub(crate) fn new(inbound: bool, window: u32) -> Self {
        Self {
            inbound,
            handshake: if inbound { Handshake::Waiting } else { Handshake::SynQueued },
            send: BytesMut::new(),
            send_credit: window,
            fin: Fin::Open,
            recv: BytesMut::new(),
            recv_credit: window,
            consumed: 0,
            remote_fin: false,
            reset: false,
            rst_queued: false,
            released: false,
            queued: false,
            write_blocked: false,
            readable_noted: false,
            writable_noted: false,
        }
    }

    /// Whether nothing will ever happen on the stream again.
    pub(crate) fn is_over(&self) -> bool {
        let ended = self.fin == Fin::Sent && self.remote_fin;
        self.released && !self.rst_queued && (self.reset || ended)
    }

    /// Marks the stream dead; drops what was queued.
    pub(crate) fn kill(&mut self) {
        self.reset = true;
        self.send = BytesMut::new();
    }

    /// Takes up to `max` unread bytes; gives the memory back when all are read.
    pub(crate) fn consume(&mut self, max: usize) -> BytesMut {
        let n = max.min(self.recv.len());
        let taken = if n == self.recv.len() { std::mem::take(&mut self.recv) } else { self.recv.split_to(n) };
        self.consumed = self.consumed.saturating_add(u32::try_from(taken.len()).unwrap_or(u32::MAX));
        taken
    }

    /// Takes `n` bytes to send and uses up their credit.
    pub(crate) fn advance_send(&mut self, n: usize) {
        self.send.advance(n);
        if self.send.is_empty() {
            self.send = BytesMut::new();
        }
        self.send_credit = self.send_credit.saturating_sub(u32::try_from(n).unwrap_or(u32::MAX));
    }
}
