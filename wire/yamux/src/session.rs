//! The session: parses what arrives, schedules what is sent, keeps the deadlines.

mod receive;
mod timers;
mod transmit;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use crate::config::Config;
use crate::defaults;
use crate::error::{CloseReason, OpenError};
use crate::frame::{Flags, Header, HeaderReader, Kind};
use crate::map::StreamMap;
use crate::stream::{Fin, Handshake, Stream, StreamId};

/// Which side of the connection this is; it decides who opens odd stream ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The side that dialled.
    Client,
    /// The side that was dialled.
    Server,
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A stream waits for [`Session::accept`].
    Incoming,
    /// The peer accepted a stream that was opened here.
    Acknowledged(StreamId),
    /// [`Session::read`] has something new to say.
    Readable(StreamId),
    /// [`Session::write`] has room again, or the stream is dead.
    Writable(StreamId),
    /// A ping was answered.
    Pong {
        /// The value that [`Session::ping`] returned.
        id: u32,
        /// From the request to the answer.
        round_trip: Duration,
    },
    /// A ping was not answered in time. A keep-alive ping ends the session instead.
    PingTimeout {
        /// The value that [`Session::ping`] returned.
        id: u32,
    },
    /// The peer accepts no new streams; those that exist go on.
    GoAway,
}

/// What can be read of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// Bytes, at least one.
    Data(BytesMut),
    /// Nothing yet.
    Pending,
    /// The peer has closed its direction.
    End,
    /// The stream was reset, or is unknown.
    Reset,
}

/// The data frame whose payload is arriving.
#[derive(Debug)]
struct Payload {
    stream: StreamId,
    left: u32,
    flags: Flags,
}

/// A multiplexed connection. See the crate's page for how to drive it.
#[derive(Debug)]
pub struct Session {
    role: Role,
    config: Config,
    /// The next id to open; `None` when they are used up.
    next_id: Option<u32>,
    streams: StreamMap<Stream>,
    inbound: usize,
    unacknowledged: usize,
    unread: usize,
    backlog: VecDeque<StreamId>,
    header: HeaderReader,
    payload: Option<Payload>,
    control: VecDeque<Header>,
    ready: VecDeque<StreamId>,
    events: VecDeque<Event>,
    incoming_noted: bool,
    timers: timers::Timers,
    remote_gone: bool,
    local_gone: bool,
    closed: Option<CloseReason>,
}

impl Session {
    /// A session that starts at `now`.
    pub fn new(role: Role, config: Config, now: Instant) -> Self {
        let timers = timers::Timers::new(config.keep_alive, now);
        Self {
            role,
            config,
            next_id: Some(if role == Role::Client { 1 } else { 2 }),
            streams: StreamMap::default(),
            inbound: 0,
            unacknowledged: 0,
            unread: 0,
            backlog: VecDeque::new(),
            header: HeaderReader::default(),
            payload: None,
            control: VecDeque::new(),
            ready: VecDeque::new(),
            events: VecDeque::new(),
            incoming_noted: false,
            timers,
            remote_gone: false,
            local_gone: false,
            closed: None,
        }
    }

    /// Opens a stream; it is announced with the next transmission and may be written to at once.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(&mut self, now: Instant) -> Result<StreamId, OpenError> {
        if let Some(reason) = self.closed {
            return Err(reason.into());
        }
        if self.remote_gone {
            return Err(OpenError::GoAway);
        }
        if self.unacknowledged >= defaults::ACCEPT_BACKLOG {
            return Err(OpenError::Backlog);
        }
        let id = self.next_id.ok_or(OpenError::Exhausted)?;
        self.next_id = id.checked_add(2);
        let id = StreamId(id);
        self.streams.insert(id, Stream::new(false, defaults::WINDOW));
        self.unacknowledged += 1;
        self.timers.opened(id, now);
        self.schedule(id);
        Ok(id)
    }

    /// The next stream that the peer opened; accepting it sends the acknowledgement.
    pub fn accept(&mut self) -> Option<StreamId> {
        self.incoming_noted = false;
        while let Some(id) = self.backlog.pop_front() {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            if stream.reset {
                stream.released = true;
                self.remove_if_over(id);
                continue;
            }
            stream.handshake = Handshake::AckQueued;
            self.schedule(id);
            return Some(id);
        }
        None
    }

    /// Queues bytes for sending and says how many were taken; [`Event::Writable`] follows when not all were.
    /// `None`: the stream is dead or its direction was closed.
    pub fn write(&mut self, id: StreamId, data: &[u8]) -> Option<usize> {
        if self.closed.is_some() {
            return None;
        }
        let stream = self.streams.get_mut(&id)?;
        if stream.reset || stream.fin != Fin::Open {
            return None;
        }
        let n = defaults::SEND_BUFFER.saturating_sub(stream.send.len()).min(data.len());
        stream.send.extend_from_slice(data.get(..n)?);
        stream.write_blocked = n < data.len();
        if n > 0 {
            self.schedule(id);
        }
        Some(n)
    }

    /// Takes up to `max` bytes that arrived, and grants the peer as many when half a window is used.
    pub fn read(&mut self, id: StreamId, max: usize) -> Read {
        let Some(stream) = self.streams.get_mut(&id) else { return Read::Reset };
        if stream.reset {
            return Read::Reset;
        }
        if stream.recv.is_empty() {
            if stream.remote_fin {
                return Read::End;
            }
            return if self.closed.is_some() { Read::Reset } else { Read::Pending };
        }
        let data = stream.consume(max);
        self.unread = self.unread.saturating_sub(data.len());
        if stream.consumed >= self.config.window / 2 && !stream.remote_fin {
            self.schedule(id);
        }
        Read::Data(data)
    }

    /// Whether the peer has closed its direction or the stream is dead, unread bytes or not.
    pub fn is_remote_done(&self, id: StreamId) -> bool {
        self.closed.is_some() || self.streams.get(&id).is_none_or(|s| s.reset || s.remote_fin)
    }

    /// Bytes that are queued for sending on a stream.
    pub fn unsent(&self, id: StreamId) -> usize {
        self.streams.get(&id).map_or(0, |s| s.send.len())
    }

    /// Closes the own direction after the bytes that are queued.
    pub fn finish(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(&id)
            && stream.fin == Fin::Open
            && !stream.reset
        {
            stream.fin = Fin::Queued;
            self.schedule(id);
        }
    }

    /// Kills a stream in both directions; what was queued is dropped.
    pub fn reset(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(&id)
            && !stream.reset
        {
            stream.kill();
            // One that was never announced needs no reset.
            stream.rst_queued = stream.handshake != Handshake::SynQueued;
            let announced = stream.rst_queued;
            self.settle(id);
            if announced {
                self.schedule(id);
            }
            self.note_both(id);
        }
    }

    /// The owner of a stream is gone: closes the own direction after the queued bytes, discards what still arrives.
    pub fn release(&mut self, id: StreamId, now: Instant) {
        self.finish(id);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.released = true;
        self.unread = self.unread.saturating_sub(stream.recv.len());
        stream.recv = BytesMut::new();
        if !stream.remote_fin && !stream.reset {
            self.timers.closing(id, now, |id| self.streams.contains_key(id));
        }
        self.remove_if_over(id);
    }

    /// Tells the peer to open no more streams; those that exist go on.
    pub fn go_away(&mut self) {
        if !self.local_gone {
            self.local_gone = true;
            self.push_control(Header { kind: Kind::GoAway, flags: Flags::NONE, stream: StreamId(0), length: 0 });
        }
    }

    /// Ends the session; queued bytes can still be transmitted, nothing is received any more.
    pub fn close(&mut self, reason: CloseReason) {
        if self.closed.is_some() {
            return;
        }
        if let CloseReason::Protocol(_) = reason {
            self.push_control(Header { kind: Kind::GoAway, flags: Flags::NONE, stream: StreamId(0), length: 1 });
        }
        self.closed = Some(reason);
        let ids: Vec<_> = self.streams.keys().collect();
        for id in ids {
            self.note_both(id);
        }
    }

    /// Why the session ended, if it has.
    pub fn closed(&self) -> Option<CloseReason> {
        self.closed
    }

    /// Streams of both sides that are not over yet.
    pub fn stream_count(&self) -> usize {
        self.streams.len()
    }

    /// What happened since the last call.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        match event {
            Event::Readable(id) => {
                if let Some(s) = self.streams.get_mut(&id) {
                    s.readable_noted = false;
                }
            }
            Event::Writable(id) => {
                if let Some(s) = self.streams.get_mut(&id) {
                    s.writable_noted = false;
                }
            }
            _ => {}
        }
        Some(event)
    }

    fn is_own(&self, id: StreamId) -> bool {
        (id.0 % 2 == 1) == (self.role == Role::Client)
    }

    /// The handshake of a stream is over or moot: it no longer counts as unacknowledged.
    fn settle(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(&id)
            && matches!(stream.handshake, Handshake::SynQueued | Handshake::SynSent)
        {
            stream.handshake = Handshake::Done;
            self.unacknowledged = self.unacknowledged.saturating_sub(1);
            self.events.push_back(Event::Acknowledged(id));
        }
    }

    /// Puts a stream into the queue of those that have something to send.
    fn schedule(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(&id)
            && !stream.queued
        {
            stream.queued = true;
            self.ready.push_back(id);
        }
    }

    fn push_control(&mut self, header: Header) {
        if self.control.len() >= defaults::MAX_CONTROL_QUEUE {
            if self.closed.is_none() {
                self.control.clear();
                self.close(CloseReason::Overload);
            }
            return;
        }
        self.control.push_back(header);
    }

    fn note_readable(&mut self, id: StreamId) {
        if let Some(s) = self.streams.get_mut(&id)
            && !s.readable_noted
            && !s.released
        {
            s.readable_noted = true;
            self.events.push_back(Event::Readable(id));
        }
    }

    fn note_both(&mut self, id: StreamId) {
        self.note_readable(id);
        if let Some(s) = self.streams.get_mut(&id)
            && !s.writable_noted
            && !s.released
        {
            s.writable_noted = true;
            self.events.push_back(Event::Writable(id));
        }
    }

    fn remove_if_over(&mut self, id: StreamId) {
        if self.streams.get(&id).is_some_and(Stream::is_over) {
            self.settle(id);
            if let Some(stream) = self.streams.remove(&id)
                && stream.inbound
            {
                self.inbound = self.inbound.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests;
