//! Counters of the relay. What they are called in an exporter is decided elsewhere.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Why a packet was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum DropReason {
    /// Nobody with this key is connected.
    UnknownDestination,
    /// The same, for a packet that another relay forwarded.
    UnknownDestinationOnForward,
    /// It waited when its receiver's connection ended.
    GoneDisconnected,
    /// It was the oldest in a full queue.
    QueueHead,
    /// It was the newest, and there was no room in any way.
    QueueTail,
    /// Writing it failed.
    WriteError,
    /// Its receiver has several connections and none of them is usable.
    DuplicateClient,
}

impl DropReason {
    /// All reasons, in the order of [`StatsSnapshot::dropped_by_reason`].
    pub const ALL: [Self; 7] = [
        Self::UnknownDestination,
        Self::UnknownDestinationOnForward,
        Self::GoneDisconnected,
        Self::QueueHead,
        Self::QueueTail,
        Self::WriteError,
        Self::DuplicateClient,
    ];
}

/// What a packet looks like from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum PacketKind {
    /// Path discovery.
    Disco,
    /// Anything else.
    Other,
}

impl PacketKind {
    pub(crate) fn of(packet: &[u8]) -> Self {
        if warren_disco::looks_like_disco(packet) { Self::Disco } else { Self::Other }
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Live counters.
        #[derive(Debug, Default)]
        pub(crate) struct Stats {
            $(pub(crate) $name: AtomicU64,)*
            pub(crate) dropped_by_reason: [AtomicU64; 7],
            pub(crate) dropped_by_kind: [AtomicU64; 2],
            pub(crate) received_by_kind: [AtomicU64; 2],
            pub(crate) connections: AtomicI64,
            pub(crate) home_connections: AtomicI64,
            queue_micros: AtomicU64,
        }

        /// The counters at one moment. Totals since the start, except where noted.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct StatsSnapshot {
            $($(#[$doc])* pub $name: u64,)*
            /// Packets not delivered, by [`DropReason`] in the order of [`DropReason::ALL`].
            pub dropped_by_reason: [u64; 7],
            /// Packets not delivered, by [`PacketKind`] (disco, other).
            pub dropped_by_kind: [u64; 2],
            /// Packets received, by [`PacketKind`] (disco, other).
            pub received_by_kind: [u64; 2],
            /// Connections now.
            pub connections: u64,
            /// Connections now whose clients call this relay's region their home.
            pub home_connections: u64,
            /// Keys connected now.
            pub clients: u64,
            /// Keys reachable through other relays now.
            pub clients_remote: u64,
            /// Relays watching this one now.
            pub watchers: u64,
            /// How long packets wait in queues, moving average.
            pub average_queue_duration: Duration,
        }

        impl Stats {
            pub(crate) fn snapshot(&self) -> StatsSnapshot {
                StatsSnapshot {
                    $($name: self.$name.load(Relaxed),)*
                    dropped_by_reason: load_all(&self.dropped_by_reason),
                    dropped_by_kind: load_all(&self.dropped_by_kind),
                    received_by_kind: load_all(&self.received_by_kind),
                    connections: u64::try_from(self.connections.load(Relaxed)).unwrap_or(0),
                    home_connections: u64::try_from(self.home_connections.load(Relaxed)).unwrap_or(0),
                    clients: 0,
                    clients_remote: 0,
                    watchers: 0,
                    average_queue_duration: Duration::from_micros(self.queue_micros.load(Relaxed)),
                }
            }
        }
    };
}

counters! {
    /// Connections accepted.
    accepts,
    /// Packet bytes received.
    bytes_received,
    /// Packet bytes sent.
    bytes_sent,
    /// Packets received.
    packets_received,
    /// Packets sent.
    packets_sent,
    /// Packets not delivered.
    packets_dropped,
    /// Packets that other relays forwarded to this one.
    packets_forwarded_in,
    /// Packets forwarded to other relays.
    packets_forwarded_out,
    /// Clients that made this region their home.
    home_moves_in,
    /// Clients that moved their home away.
    home_moves_out,
    /// Ping frames received.
    got_ping,
    /// Pong frames sent.
    sent_pong,
    /// Notices that a peer disconnected.
    peer_gone_disconnected,
    /// Notices that a peer is not here.
    peer_gone_not_here,
    /// Frames of unknown type.
    unknown_frames,
}

impl Stats {
    pub(crate) fn dropped(&self, reason: DropReason, kind: PacketKind, count: u64) {
        self.packets_dropped.fetch_add(count, Relaxed);
        self.dropped_by_reason[reason as usize].fetch_add(count, Relaxed);
        self.dropped_by_kind[kind as usize].fetch_add(count, Relaxed);
    }

    /// One sample per write batch; each moves the average by a sixteenth. Lost updates do not matter.
    pub(crate) fn queued_for(&self, waited: Duration) {
        let sample = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX / 32);
        let average = self.queue_micros.load(Relaxed);
        self.queue_micros.store((average * 15 + sample) / 16, Relaxed);
    }
}

fn load_all<const N: usize>(counters: &[AtomicU64; N]) -> [u64; N] {
    std::array::from_fn(|index| counters[index].load(Relaxed))
}
