//! What a client's frames do.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use warren_derp::{Frame, FrameKind, PeerGoneReason, RawFrame};
use warren_disco::NodePublic;

use crate::client::{Client, ConnNumber};
use crate::defaults::NOT_HERE_BURST;
use crate::error::ServeError;
use crate::queue::Pushed;
use crate::relay::Relay;
use crate::stats::{DropReason, PacketKind};

/// The reading side of one client.
pub(super) struct Incoming<'a> {
    relay: &'a Relay,
    client: &'a Arc<Client>,
    /// The destination that was remembered last: most packets go where the one before went.
    last_destination: Option<(NodePublic, ConnNumber)>,
    not_here: Bucket,
    chunk: Chunk,
}

/// What one read brought; added to the shared counters at its end.
#[derive(Default)]
struct Chunk {
    packets: [u64; 2],
    bytes: u64,
    crowded: bool,
}

impl<'a> Incoming<'a> {
    pub(super) fn new(relay: &'a Relay, client: &'a Arc<Client>) -> Self {
        Self { relay, client, last_destination: None, not_here: Bucket::new(), chunk: Chunk::default() }
    }

    pub(super) fn handle(&mut self, raw: RawFrame, now: Instant) -> Result<(), ServeError> {
        if self.client.is_duplicated() {
            self.relay.registry.note_activity(self.client);
        }
        if raw.kind() == FrameKind::SendPacket {
            return self.send_packet(raw, now);
        }
        let stats = &self.relay.stats;
        match raw.into_frame()? {
            Frame::Ping(data) => {
                stats.got_ping.fetch_add(1, Relaxed);
                self.client.queue.push_pong(data);
            }
            Frame::NotePreferred(home) => self.note_preferred(home),
            Frame::WatchConns if self.client.mesh => self.relay.watch(self.client),
            Frame::ClosePeer(key) if self.client.mesh => self.relay.close_peer(&key),
            Frame::ForwardPacket { source, destination, packet } if self.client.mesh => {
                self.forward_packet(source, destination, packet, now);
            }
            frame @ (Frame::WatchConns | Frame::ClosePeer(_) | Frame::ForwardPacket { .. }) => {
                return Err(ServeError::Forbidden(frame.kind()));
            }
            Frame::Unknown(_) => {
                stats.unknown_frames.fetch_add(1, Relaxed);
            }
            // Pongs, and frames that only servers send: of no meaning here.
            _ => {}
        }
        Ok(())
    }

    /// Adds up; whether a receiver's queue is filling.
    pub(super) fn end_of_chunk(&mut self) -> bool {
        let chunk = std::mem::take(&mut self.chunk);
        let packets: u64 = chunk.packets.iter().sum();
        if packets > 0 {
            let stats = &self.relay.stats;
            stats.packets_received.fetch_add(packets, Relaxed);
            stats.bytes_received.fetch_add(chunk.bytes, Relaxed);
            for (counter, count) in stats.received_by_kind.iter().zip(chunk.packets) {
                counter.fetch_add(count, Relaxed);
            }
        }
        chunk.crowded
    }

    fn send_packet(&mut self, raw: RawFrame, now: Instant) -> Result<(), ServeError> {
        let readdressed = raw.readdress(&self.client.key)?;
        let kind = PacketKind::of(readdressed.packet());
        let destination = readdressed.destination;
        self.chunk.packets[kind as usize] += 1;
        self.chunk.bytes += readdressed.frame.len() as u64;
        let Some((receiver, number)) = self.relay.route(&destination) else {
            self.relay.stats.dropped(DropReason::UnknownDestination, kind, 1);
            if kind == PacketKind::Disco {
                self.tell_not_here(destination, now);
            }
            return Ok(());
        };
        if self.last_destination != Some((destination, number)) {
            self.client.remember_destination(destination, number);
            self.last_destination = Some((destination, number));
        }
        // Copied, so that a waiting packet holds its own bytes and not the receive buffer.
        self.push(&receiver, kind, Bytes::copy_from_slice(&readdressed.frame), now);
        Ok(())
    }

    fn forward_packet(&mut self, source: NodePublic, destination: NodePublic, packet: Bytes, now: Instant) {
        let kind = PacketKind::of(&packet);
        self.relay.stats.packets_forwarded_in.fetch_add(1, Relaxed);
        let Some((receiver, _)) = self.relay.route(&destination) else {
            self.relay.stats.dropped(DropReason::UnknownDestinationOnForward, kind, 1);
            return;
        };
        self.push(&receiver, kind, Frame::RecvPacket { source, packet }.to_bytes(), now);
    }

    fn push(&mut self, receiver: &Client, kind: PacketKind, frame: Bytes, now: Instant) {
        let stats = &self.relay.stats;
        match receiver.queue.push_packet(kind, self.client.number, frame, now) {
            Pushed::Queued { crowded } => self.chunk.crowded |= crowded,
            Pushed::DroppedOlder(count) => {
                self.chunk.crowded = true;
                stats.dropped(DropReason::QueueHead, kind, count as u64);
            }
            Pushed::DroppedItself => stats.dropped(DropReason::QueueTail, kind, 1),
            Pushed::Closed => stats.dropped(DropReason::GoneDisconnected, kind, 1),
        }
    }

    fn tell_not_here(&mut self, peer: NodePublic, now: Instant) {
        let notice = Frame::PeerGone { peer, reason: PeerGoneReason::NotHere };
        if self.not_here.take(now) && self.client.queue.push_control(&notice) {
            self.relay.stats.peer_gone_not_here.fetch_add(1, Relaxed);
        }
    }

    fn note_preferred(&self, home: bool) {
        let stats = &self.relay.stats;
        if self.client.is_home.swap(home, Relaxed) == home {
            return;
        }
        if home {
            stats.home_moves_in.fetch_add(1, Relaxed);
            stats.home_connections.fetch_add(1, Relaxed);
        } else {
            stats.home_moves_out.fetch_add(1, Relaxed);
            stats.home_connections.fetch_sub(1, Relaxed);
        }
    }
}

/// One token a second, [`NOT_HERE_BURST`] at most.
struct Bucket {
    tokens: u32,
    refilled_at: Option<Instant>,
}

impl Bucket {
    fn new() -> Self {
        Self { tokens: NOT_HERE_BURST, refilled_at: None }
    }

    fn take(&mut self, now: Instant) -> bool {
        let since = *self.refilled_at.get_or_insert(now);
        let seconds = now.saturating_duration_since(since).as_secs();
        if seconds > 0 {
            self.tokens = NOT_HERE_BURST.min(self.tokens.saturating_add(u32::try_from(seconds).unwrap_or(u32::MAX)));
            self.refilled_at = Some(since + Duration::from_secs(seconds));
        }
        let available = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        available
    }
}
