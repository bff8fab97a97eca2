//! One RPC: which packets may come, what they mean, and the own packets with their numbers.

use bytes::{Bytes, BytesMut};

use crate::error::{RpcError, Violation};
use crate::frame::Kind;
use crate::metadata;
use crate::packet::{self, Packet};

/// Which side of the RPC this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The caller.
    Client,
    /// The side that serves the call.
    Server,
}

/// What a packet means for the RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The call starts (server side).
    Invoke {
        /// The method, as `/package.Service/Method`.
        path: String,
        /// Metadata of the call; usually none.
        metadata: Vec<(String, String)>,
    },
    /// A message.
    Message(Bytes),
    /// The peer sends no more messages.
    End,
    /// The RPC is over in both directions.
    Closed,
    /// The peer ended the RPC with an error.
    Failed(RpcError),
    /// The peer does not want an answer any more.
    Cancelled,
    /// Nothing, for instance a packet of an older RPC.
    Ignored,
}

/// The state of one RPC.
#[derive(Debug)]
pub struct Stream {
    side: Side,
    id: u64,
    next_message: u64,
    /// Server: the Invoke has come. Client: it was sent.
    invoked: bool,
    metadata: Vec<(String, String)>,
    send_closed: bool,
    recv_closed: bool,
    over: bool,
}

impl Stream {
    /// An RPC with number `id` on its transport; a client starts with 1.
    /// A server gives the smallest id it would accept and learns the real one from the Invoke.
    pub fn new(side: Side, id: u64) -> Self {
        Self {
            side,
            id,
            next_message: 1,
            invoked: false,
            metadata: Vec::new(),
            send_closed: false,
            recv_closed: false,
            over: false,
        }
    }

    /// Its number on the transport.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Whether nothing may be sent or expected any more.
    pub fn is_over(&self) -> bool {
        self.over || (self.send_closed && self.recv_closed)
    }

    /// Whether messages may still be sent.
    pub fn can_send(&self) -> bool {
        self.invoked && !self.over && !self.send_closed
    }

    /// Whether the peer may still send messages.
    pub fn can_receive(&self) -> bool {
        !self.over && !self.recv_closed
    }

    /// Takes a packet of the peer.
    ///
    /// # Errors
    /// A packet that must not come now; the transport must be dropped.
    pub fn handle(&mut self, packet: Packet) -> Result<Event, Violation> {
        if packet.stream < self.id || (self.over && packet.stream == self.id) {
            return Ok(Event::Ignored);
        }
        match (self.side, packet.kind) {
            (Side::Server, Kind::InvokeMetadata) if !self.invoked => {
                self.id = packet.stream;
                self.metadata = metadata::decode(&packet.data)?;
                return Ok(Event::Ignored);
            }
            (Side::Server, Kind::Invoke) if !self.invoked => {
                self.id = packet.stream;
                self.invoked = true;
                let path = String::from_utf8(packet.data.into()).map_err(|_| Violation::Name)?;
                return Ok(Event::Invoke { path, metadata: std::mem::take(&mut self.metadata) });
            }
            (_, Kind::Invoke | Kind::InvokeMetadata) => return Err(Violation::Unexpected(packet.kind.name())),
            _ => {}
        }
        if packet.stream > self.id {
            return Err(Violation::Unexpected("a packet of a call that was not started"));
        }
        if !self.invoked {
            return match packet.kind {
                // A caller may give up before it has started the call.
                Kind::Cancel | Kind::Close => Ok(Event::Ignored),
                _ => Err(Violation::Unexpected(packet.kind.name())),
            };
        }
        match packet.kind {
            Kind::Message if self.recv_closed => Err(Violation::Unexpected("a message after the end")),
            Kind::Message => Ok(Event::Message(packet.data)),
            Kind::CloseSend => {
                self.recv_closed = true;
                Ok(Event::End)
            }
            Kind::Close => {
                self.over = true;
                Ok(Event::Closed)
            }
            Kind::Cancel => {
                self.over = true;
                Ok(Event::Cancelled)
            }
            Kind::Error => {
                self.over = true;
                Ok(Event::Failed(RpcError::decode(&packet.data)?))
            }
            Kind::Invoke | Kind::InvokeMetadata => Err(Violation::Unexpected(packet.kind.name())),
        }
    }

    /// Writes the start of a call (client side).
    pub fn invoke(&mut self, path: &str, out: &mut BytesMut) {
        if self.side == Side::Client && !self.invoked {
            self.write(Kind::Invoke, path.as_bytes(), out);
            self.invoked = true;
        }
    }

    /// Writes metadata, to be followed by the start of the call (client side).
    pub fn invoke_metadata<'a>(&mut self, entries: impl IntoIterator<Item = (&'a str, &'a str)>, out: &mut BytesMut) {
        if self.side == Side::Client && !self.invoked {
            let data = metadata::encode(entries);
            self.write(Kind::InvokeMetadata, &data, out);
        }
    }

    /// Writes a message; `false` when none may be sent any more.
    pub fn message(&mut self, data: &[u8], out: &mut BytesMut) -> bool {
        let allowed = self.can_send();
        if allowed {
            self.write(Kind::Message, data, out);
        }
        allowed
    }

    /// Writes that no more messages follow.
    pub fn close_send(&mut self, out: &mut BytesMut) {
        if self.can_send() {
            self.write(Kind::CloseSend, &[], out);
            self.send_closed = true;
        }
    }

    /// Writes the end of the RPC in both directions. Also allowed after both half closes, as the official callers do.
    pub fn close(&mut self, out: &mut BytesMut) {
        if self.invoked && !self.over {
            self.write(Kind::Close, &[], out);
            self.over = true;
        }
    }

    /// Ends the RPC without a packet; nothing is written any more.
    pub fn abandon(&mut self) {
        self.over = true;
    }

    /// Writes an error, which ends the RPC.
    pub fn error(&mut self, error: &RpcError, out: &mut BytesMut) {
        if self.can_send() {
            self.write(Kind::Error, &error.encode(), out);
            self.over = true;
        }
    }

    fn write(&mut self, kind: Kind, data: &[u8], out: &mut BytesMut) {
        packet::encode(kind, (self.id, self.next_message), data, out);
        self.next_message += 1;
    }
}

#[cfg(test)]
mod tests;
