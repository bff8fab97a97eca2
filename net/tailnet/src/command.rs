//! What handles ask of a node's loop.

use std::collections::BTreeMap;
use std::net::{Ipv6Addr, SocketAddrV6};

use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;
use warren_proto::tailnet as proto;

use crate::core::{Answer, RegionId, Traffic, Update};
use crate::netstack::{PendingConnection, TcpStream, UdpFlow};

/// What handles ask of the loop.
pub(crate) enum Command {
    SetDerpMap(proto::DerpMap),
    SetAddresses(Vec<Ipv6Addr>),
    SetForceWebSocket(bool),
    Listen {
        port: u16,
        reply: oneshot::Sender<Option<mpsc::Receiver<TcpStream>>>,
    },
    Forward {
        reply: oneshot::Sender<mpsc::Receiver<PendingConnection>>,
    },
    Connect {
        to: SocketAddrV6,
        reply: oneshot::Sender<Option<TcpStream>>,
    },
    ForwardUdp {
        reply: oneshot::Sender<mpsc::Receiver<UdpFlow>>,
    },
    ConnectUdp {
        to: SocketAddrV6,
        reply: oneshot::Sender<Option<UdpFlow>>,
    },
    /// `codes` gets the region codes, or nothing if the peer is not known.
    Ping {
        peer: Uuid,
        reply: oneshot::Sender<Answer>,
        codes: oneshot::Sender<Option<BTreeMap<RegionId, String>>>,
    },
    Probe {
        peer: Uuid,
        reply: oneshot::Sender<()>,
    },
    Expect(Uuid),
    Forget(Uuid),
    Update {
        updates: Vec<(Uuid, Update)>,
        reply: oneshot::Sender<Vec<Uuid>>,
    },
    CoordinationLost,
    Knows {
        peer: Uuid,
        reply: oneshot::Sender<bool>,
    },
    Stats {
        reply: oneshot::Sender<RawStats>,
    },
}

/// The loop's part of [`crate::Stats`].
pub(crate) struct RawStats {
    pub traffic: Traffic,
    pub tcp_connections: u64,
    pub active: Vec<Uuid>,
    pub peers: usize,
    pub home: Option<RegionId>,
}
