//! UDP inside the tunnel: flows found by their addresses. What does not fit is lost, as on any network. Fragments are
//! neither made nor read.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::conn::{Doorbell, Request};
use super::flow::{Flow, Header, IP_HEADER};
use super::tcp::checksum;
use crate::defaults::{MAX_UDP_FLOWS, MTU, PENDING_FORWARDS, UDP_QUEUE};

pub(super) const UDP: u8 = 17;
const UDP_HEADER: usize = 8;
const HOP_LIMIT: u8 = 64;
/// The longest payload of a datagram, bytes.
pub(crate) const MAX_DATAGRAM: usize = MTU - IP_HEADER - UDP_HEADER;

/// Who exchanges datagrams with one remote port. Dropping it ends the flow; the next datagram from there is a new one.
pub struct UdpFlow {
    flow: Flow,
    arrivals: mpsc::Receiver<Bytes>,
    doorbell: Arc<Doorbell>,
}

impl UdpFlow {
    /// This end's address: for a flow that a peer began, what it wants to reach.
    pub fn local_addr(&self) -> SocketAddr {
        self.flow.local_addr()
    }

    /// The other end's address.
    pub fn peer_addr(&self) -> SocketAddr {
        self.flow.remote_addr()
    }

    /// Sends a datagram, or loses it.
    ///
    /// # Errors
    /// It is longer than the tunnel carries.
    pub fn send(&self, data: &[u8]) -> io::Result<()> {
        if data.len() > MAX_DATAGRAM {
            let text = format!("a datagram of {} bytes: the tunnel carries {MAX_DATAGRAM}", data.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        self.doorbell.ring_bounded(Request::Datagram(self.flow, Bytes::copy_from_slice(data)));
        Ok(())
    }

    /// The next datagram; `None` when the node or the peer is gone. Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Option<Bytes> {
        self.arrivals.recv().await
    }
}

impl Drop for UdpFlow {
    fn drop(&mut self) {
        self.arrivals.close();
        self.doorbell.ring(Request::Forget(self.flow));
    }
}

impl std::fmt::Debug for UdpFlow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UdpFlow({} -> {})", self.local_addr(), self.peer_addr())
    }
}

/// The flows of a node.
pub(super) struct UdpFlows {
    flows: HashMap<Flow, mpsc::Sender<Bytes>>,
    forwarder: Option<mpsc::Sender<UdpFlow>>,
    doorbell: Arc<Doorbell>,
}

impl UdpFlows {
    pub fn new(doorbell: Arc<Doorbell>) -> Self {
        Self { flows: HashMap::new(), forwarder: None, doorbell }
    }

    /// Gives flows that peers begin to the receiver. Without it their datagrams are dropped.
    pub fn forward(&mut self) -> mpsc::Receiver<UdpFlow> {
        let (sender, receiver) = mpsc::channel(PENDING_FORWARDS);
        self.forwarder = Some(sender);
        receiver
    }

    pub fn is_used(&self, flow: &Flow) -> bool {
        self.flows.contains_key(flow)
    }

    /// Begins a flow; `None`: there are too many.
    pub fn open(&mut self, flow: Flow) -> Option<UdpFlow> {
        if self.flows.len() >= MAX_UDP_FLOWS {
            return None;
        }
        let (sender, arrivals) = mpsc::channel(UDP_QUEUE);
        self.flows.insert(flow, sender);
        Some(UdpFlow { flow, arrivals, doorbell: self.doorbell.clone() })
    }

    /// Takes a datagram whose addresses were checked.
    pub fn receive(&mut self, header: &Header, datagram: &[u8]) {
        let Some((flow, payload)) = parse(header, datagram) else { return };
        let known = self.flows.get(&flow).filter(|sender| !sender.is_closed());
        if let Some(sender) = known {
            let _ = sender.try_send(Bytes::copy_from_slice(payload)); // a full queue loses it
            return;
        }
        let Some(Ok(permit)) = self.forwarder.clone().map(mpsc::Sender::try_reserve_owned) else { return };
        let Some(begun) = self.open(flow) else { return };
        if let Some(sender) = self.flows.get(&flow) {
            let _ = sender.try_send(Bytes::copy_from_slice(payload));
        }
        permit.send(begun);
    }

    /// A handle was dropped.
    pub fn forget(&mut self, flow: &Flow) {
        // Meanwhile another handle may have the flow.
        if self.flows.get(flow).is_some_and(mpsc::Sender::is_closed) {
            self.flows.remove(flow);
        }
    }

    /// Ends flows: their handles see it.
    pub fn end_where(&mut self, is_gone: impl Fn(&Flow) -> bool) {
        self.flows.retain(|flow, _| !is_gone(flow));
    }
}

fn parse<'a>(header: &Header, datagram: &'a [u8]) -> Option<(Flow, &'a [u8])> {
    let (head, _) = datagram.split_first_chunk::<UDP_HEADER>()?;
    let number = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    let payload = datagram.get(UDP_HEADER..usize::from(number(4)))?;
    let (source, destination) = (number(0), number(2));
    if source == 0 || destination == 0 {
        return None;
    }
    Some((Flow { local: (header.destination, destination), remote: (header.source, source) }, payload))
}

/// Writes a datagram as a packet; its length. `None` if it does not fit.
pub(super) fn write(flow: &Flow, data: &[u8], out: &mut [u8]) -> Option<usize> {
    let length = UDP_HEADER + data.len();
    let total = IP_HEADER + length;
    let out = out.get_mut(..total)?;
    let length = u16::try_from(length).ok()?.to_be_bytes();
    let octets = |address: Ipv6Addr| address.octets();
    out[..8].copy_from_slice(&[0x60, 0, 0, 0, length[0], length[1], UDP, HOP_LIMIT]);
    out[8..24].copy_from_slice(&octets(flow.local.0));
    out[24..40].copy_from_slice(&octets(flow.remote.0));
    out[40..42].copy_from_slice(&flow.local.1.to_be_bytes());
    out[42..44].copy_from_slice(&flow.remote.1.to_be_bytes());
    out[44..46].copy_from_slice(&length);
    out[46..48].fill(0);
    out[IP_HEADER + UDP_HEADER..].copy_from_slice(data);
    // Zero would mean that there is no checksum, which IPv6 forbids (RFC 8200, 8.1).
    let sum = match checksum(UDP, out) {
        0 => 0xFFFF,
        sum => sum,
    };
    out[46..48].copy_from_slice(&sum.to_be_bytes());
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Ipv6Addr = Ipv6Addr::new(0xfd7a, 0, 0, 0, 0, 0, 0, 1);
    const B: Ipv6Addr = Ipv6Addr::new(0xfd7a, 0, 0, 0, 0, 0, 0, 2);

    fn deliver(to: &mut UdpFlows, flow: &Flow, data: &[u8]) {
        let mut packet = [0; MTU];
        let length = write(flow, data, &mut packet).expect("it fits");
        assert_eq!(checksum(UDP, &packet[..length]), 0, "the sum over all, checksum included, is zero");
        let (header, datagram) = Header::parse(&packet[..length]).expect("a packet");
        to.receive(&header, datagram);
    }

    #[test]
    fn a_flow_that_a_peer_begins_goes_to_the_forwarder_with_its_first_datagram() {
        let mut flows = UdpFlows::new(Arc::default());
        let theirs = Flow { local: (A, 4000), remote: (B, 53) };
        deliver(&mut flows, &theirs, b"nobody forwards");
        let mut begun = flows.forward();
        deliver(&mut flows, &theirs, b"one");
        deliver(&mut flows, &theirs, b"two");
        let mut flow = begun.try_recv().expect("a flow");
        assert!(begun.try_recv().is_err(), "one flow, not two");
        assert_eq!((flow.local_addr().port(), flow.peer_addr().port()), (53, 4000));
        assert_eq!(flow.arrivals.try_recv().expect("first"), &b"one"[..]);
        assert_eq!(flow.arrivals.try_recv().expect("second"), &b"two"[..]);
    }

    #[test]
    fn a_dropped_flow_makes_room_and_the_next_datagram_begins_another() {
        let doorbell = Arc::new(Doorbell::default());
        let mut flows = UdpFlows::new(doorbell.clone());
        let mut begun = flows.forward();
        let theirs = Flow { local: (A, 4000), remote: (B, 53) };
        deliver(&mut flows, &theirs, b"one");
        drop(begun.try_recv().expect("a flow"));
        deliver(&mut flows, &theirs, b"two");
        let second = begun.try_recv().expect("another flow");
        for request in doorbell.take() {
            let Request::Forget(flow) = request else { panic!("only the drop rings") };
            flows.forget(&flow);
        }
        assert!(flows.is_used(&second.flow), "the first one's end is not the second one's");
    }

    #[test]
    fn queues_are_bounded() {
        let doorbell = Arc::new(Doorbell::default());
        let mut flows = UdpFlows::new(doorbell.clone());
        let mut flow = flows.open(Flow { local: (B, 53), remote: (A, 4000) }).expect("room");
        for _ in 0..2 * UDP_QUEUE {
            deliver(&mut flows, &Flow { local: (A, 4000), remote: (B, 53) }, b"x");
            flow.send(b"y").expect("short");
        }
        assert_eq!(std::iter::from_fn(|| flow.arrivals.try_recv().ok()).count(), UDP_QUEUE);
        assert!(doorbell.take().len() <= crate::defaults::DOORBELL_DATAGRAMS);
        assert!(flow.send(&[0; MAX_DATAGRAM + 1]).is_err());
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let header = Header { next: UDP, source: A, destination: B };
        for length in [0_u8, 7, 10] {
            assert!(parse(&header, &[1, 1, 2, 2, 0, length, 0, 0, 9]).is_none(), "{length}");
        }
        assert!(parse(&header, &[1, 1, 2, 2, 0, 9]).is_none());
        assert!(parse(&header, &[1, 1, 2, 2, 0, 9, 0, 0, 9]).is_some());
    }
}
