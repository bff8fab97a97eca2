//! Bytes from the peer.

use std::time::Instant;

use super::{Event, Payload, Session};
use crate::defaults;
use crate::error::{CloseReason, Violation};
use crate::frame::{Flags, Header, Kind};
use crate::stream::{Handshake, Stream, StreamId};

impl Session {
    /// Takes bytes of the pipe, in pieces of any size.
    ///
    /// # Errors
    /// The session has ended; after a violation a GoAway is queued, to be transmitted before the pipe is closed.
    pub fn receive(&mut self, mut input: &[u8], now: Instant) -> Result<(), CloseReason> {
        self.timers.heard(now);
        while self.closed.is_none() && !input.is_empty() {
            if let Some(mut payload) = self.payload.take() {
                let n = input.len().min(usize::try_from(payload.left).unwrap_or(usize::MAX));
                let (head, rest) = input.split_at(n);
                input = rest;
                self.store(payload.stream, head);
                payload.left = payload.left.saturating_sub(u32::try_from(n).unwrap_or(u32::MAX));
                if payload.left > 0 {
                    self.payload = Some(payload);
                } else {
                    self.half_closed(payload.stream, payload.flags);
                }
                continue;
            }
            let Some(bytes) = self.header.take(&mut input) else { break };
            if let Err(violation) = Header::decode(bytes).and_then(|h| self.frame(h, now)) {
                self.close(violation.into());
            }
        }
        match self.closed {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }

    fn frame(&mut self, header: Header, now: Instant) -> Result<(), Violation> {
        match header.kind {
            Kind::Data | Kind::WindowUpdate => self.stream_frame(header),
            Kind::Ping => {
                if header.flags.has(Flags::SYN) {
                    self.push_control(Header { flags: Flags::ACK, stream: StreamId(0), ..header });
                } else if header.flags.has(Flags::ACK)
                    && let Some(round_trip) = self.timers.answered(header.length, now)
                {
                    self.events.push_back(Event::Pong { id: header.length, round_trip });
                }
                Ok(())
            }
            Kind::GoAway => {
                match header.length {
                    0 if !self.remote_gone => {
                        self.remote_gone = true;
                        self.events.push_back(Event::GoAway);
                    }
                    0 => {}
                    code @ (1 | 2) => self.close(CloseReason::RemoteError(code)),
                    code => return Err(Violation::GoAway(code)),
                }
                Ok(())
            }
        }
    }

    fn stream_frame(&mut self, header: Header) -> Result<(), Violation> {
        let id = header.stream;
        if header.flags.has(Flags::SYN) {
            self.incoming(id)?;
        }
        if header.flags.has(Flags::ACK) && self.is_own(id) {
            self.settle(id);
        }
        if header.kind == Kind::Data {
            if let Some(stream) = self.streams.get_mut(&id)
                && !stream.reset
            {
                stream.recv_credit = stream.recv_credit.checked_sub(header.length).ok_or(Violation::Window(id))?;
            }
            if header.length > 0 {
                // FIN and RST hold after the payload.
                self.payload = Some(Payload { stream: id, left: header.length, flags: header.flags });
                return Ok(());
            }
        } else if let Some(stream) = self.streams.get_mut(&id) {
            stream.send_credit = stream.send_credit.saturating_add(header.length);
            if header.length > 0 && !stream.send.is_empty() {
                self.schedule(id);
            }
        }
        self.half_closed(id, header.flags);
        Ok(())
    }

    fn half_closed(&mut self, id: StreamId, flags: Flags) {
        if flags.has(Flags::FIN) {
            self.fin_received(id);
        }
        if flags.has(Flags::RST) {
            self.rst_received(id);
        }
    }

    fn incoming(&mut self, id: StreamId) -> Result<(), Violation> {
        if id.0 == 0 || self.is_own(id) || self.streams.contains_key(&id) {
            return Err(Violation::Open(id));
        }
        let full = self.backlog.len() >= self.config.accept_backlog || self.inbound >= self.config.max_streams;
        if full || self.local_gone {
            self.push_control(Header { kind: Kind::WindowUpdate, flags: Flags::RST, stream: id, length: 0 });
            return Ok(());
        }
        let mut stream = Stream::new(true, defaults::WINDOW);
        stream.recv_credit = self.config.window.max(defaults::WINDOW);
        self.streams.insert(id, stream);
        self.inbound += 1;
        self.backlog.push_back(id);
        if !self.incoming_noted {
            self.incoming_noted = true;
            self.events.push_back(Event::Incoming);
        }
        Ok(())
    }

    fn fin_received(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.remote_fin = true;
        self.note_readable(id);
        self.remove_if_over(id);
    }

    fn rst_received(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.kill();
        stream.rst_queued = false;
        self.unread = self.unread.saturating_sub(stream.recv.len());
        stream.recv = bytes::BytesMut::new();
        if stream.handshake == Handshake::Waiting {
            self.backlog.retain(|waiting| *waiting != id);
            stream.released = true;
        }
        self.settle(id);
        self.note_both(id);
        self.remove_if_over(id);
    }

    /// Stores payload; of dead, released and unknown streams it is dropped.
    fn store(&mut self, id: StreamId, data: &[u8]) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.reset || stream.released {
            return;
        }
        stream.recv.extend_from_slice(data);
        self.unread += data.len();
        if self.unread > self.config.max_unread {
            self.close(CloseReason::Overload);
            return;
        }
        self.note_readable(id);
    }
}
