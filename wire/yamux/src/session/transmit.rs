//! Bytes to the peer: control frames first, then the streams in turn.

use bytes::BytesMut;

use super::{Event, Session};
use crate::defaults;
use crate::frame::{Flags, Header, Kind};
use crate::stream::{Fin, Handshake, StreamId};

impl Session {
    /// Appends frames to `out` until it holds `limit` bytes (by at most one frame more) or nothing is left.
    pub fn transmit(&mut self, out: &mut BytesMut, limit: usize) {
        while out.len() < limit {
            if let Some(header) = self.control.pop_front() {
                header.encode(out);
                continue;
            }
            let Some(id) = self.ready.pop_front() else { break };
            self.transmit_stream(id, out);
            self.remove_if_over(id);
        }
        if self.ready.is_empty() && self.ready.capacity() > 64 {
            self.ready.shrink_to_fit();
        }
    }

    /// Whether [`Session::transmit`] has something to send.
    pub fn wants_transmit(&self) -> bool {
        !self.control.is_empty() || !self.ready.is_empty()
    }

    fn transmit_stream(&mut self, id: StreamId, out: &mut BytesMut) {
        let window = self.config.window;
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.queued = false;
        let update = |flags, length| Header { kind: Kind::WindowUpdate, flags, stream: id, length };
        if stream.rst_queued {
            stream.rst_queued = false;
            update(Flags::RST, 0).encode(out);
            return;
        }
        if stream.reset {
            return;
        }
        let mut flags = Flags::NONE;
        match stream.handshake {
            Handshake::SynQueued => {
                flags = Flags::SYN;
                stream.handshake = Handshake::SynSent;
            }
            Handshake::AckQueued => {
                flags = Flags::ACK;
                stream.handshake = Handshake::Done;
            }
            Handshake::SynSent | Handshake::Waiting | Handshake::Done => {}
        }
        let mut grant = 0;
        if stream.consumed >= window / 2 && !stream.remote_fin && !stream.released {
            grant = std::mem::take(&mut stream.consumed);
            stream.recv_credit = stream.recv_credit.saturating_add(grant);
        }
        if flags != Flags::NONE || grant > 0 {
            update(flags, grant).encode(out);
        }
        let credit = usize::try_from(stream.send_credit).unwrap_or(usize::MAX);
        let n = stream.send.len().min(credit).min(defaults::MAX_DATA_FRAME);
        if n > 0 {
            let length = u32::try_from(n).unwrap_or(u32::MAX);
            Header { kind: Kind::Data, flags: Flags::NONE, stream: id, length }.encode(out);
            out.extend_from_slice(stream.send.get(..n).unwrap_or_default());
            stream.advance_send(n);
        }
        if stream.write_blocked && stream.send.len() <= defaults::SEND_BUFFER / 2 {
            stream.write_blocked = false;
            if !stream.writable_noted && !stream.released {
                stream.writable_noted = true;
                self.events.push_back(Event::Writable(id));
            }
        }
        if stream.send.is_empty() {
            if stream.fin == Fin::Queued {
                stream.fin = Fin::Sent;
                update(Flags::FIN, 0).encode(out);
            }
        } else if stream.send_credit > 0 {
            self.schedule(id);
        }
    }
}
