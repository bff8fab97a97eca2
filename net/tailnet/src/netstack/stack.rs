//! The stack: which connection a packet belongs to, when each is polled, who gets new ones.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{Ipv6Addr, SocketAddrV6};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use smoltcp::iface::{Config, Interface, PollResult, SocketSet};
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr, IpListenEndpoint};
use tokio::sync::{mpsc, oneshot};

use super::conn::{Conn, ConnState, Request};
use super::device::{Port, Scratch, capabilities};
use super::flow::TcpHead;
use super::{Doorbell, Flow, Header, PendingConnection, Sink, TcpStream};
use crate::defaults::{ACCEPT_QUEUE, EPHEMERAL_PORTS, MAX_CONNECTIONS, MTU, PENDING_FORWARDS, TCP_TURN};

const TCP: u8 = 6;

/// A connection that could not be revived is tried again after this long, by the library's clock.
const RESCUE_PAUSE: smoltcp::time::Duration = smoltcp::time::Duration::from_secs(1);

/// The library's clock runs this much faster than ours: its shortest retransmission time-out of 1 s becomes 250 ms, its
/// delayed acknowledgement 2.5 ms, its longest back-off 15 s.
const CLOCK_RATE: u32 = 4;

pub(crate) struct Stack {
    iface: Interface,
    addresses: Vec<Ipv6Addr>,
    doorbell: Arc<Doorbell>,
    flows: HashMap<Flow, Arc<Conn>>,
    listeners: HashMap<u16, mpsc::Sender<TcpStream>>,
    forwarder: Option<mpsc::Sender<PendingConnection>>,
    /// SYNs whose local target is being dialled.
    pending: HashMap<Flow, Vec<u8>>,
    /// Connections to poll at the next flush.
    queue: VecDeque<Arc<Conn>>,
    /// Connections that wait for room.
    blocked: Vec<Arc<Conn>>,
    timers: BTreeSet<(Instant, Flow)>,
    next_port: u16,
    epoch: Instant,
    scratch: Box<Scratch>,
    /// Number of the statistics window, and connections that moved packets in it.
    window: u64,
    active: u64,
}

impl Stack {
    pub fn new(addresses: &[Ipv6Addr], doorbell: Arc<Doorbell>, epoch: Instant, seed: u64) -> Self {
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = seed;
        let mut scratch = Box::new([0; MTU + 16]);
        let mut sink = NoSink;
        let mut port = Port {
            received: None,
            sink: &mut sink,
            scratch: &mut scratch,
            destination: Ipv6Addr::UNSPECIFIED,
            budget: 0,
            held_back: false,
        };
        debug_assert_eq!(capabilities().max_transmission_unit, MTU);
        let iface = Interface::new(config, &mut port, smoltcp::time::Instant::ZERO);
        let span = EPHEMERAL_PORTS.end - EPHEMERAL_PORTS.start;
        let mut stack = Self {
            iface,
            addresses: Vec::new(),
            doorbell,
            flows: HashMap::new(),
            listeners: HashMap::new(),
            forwarder: None,
            pending: HashMap::new(),
            queue: VecDeque::new(),
            blocked: Vec::new(),
            timers: BTreeSet::new(),
            next_port: EPHEMERAL_PORTS.start + (seed % u64::from(span)) as u16,
            epoch,
            scratch,
            window: 1,
            active: 0,
        };
        stack.set_addresses(addresses);
        stack
    }

    /// Replaces the node's own addresses; connections of addresses that go are reset at their next poll.
    pub fn set_addresses(&mut self, addresses: &[Ipv6Addr]) {
        self.addresses = addresses.to_vec();
        self.iface.update_ip_addrs(|list| {
            list.clear();
            for address in addresses {
                // More addresses than the library has room for are a mistake of the caller; the first ones count.
                let _ = list.push(IpCidr::new(IpAddress::Ipv6(*address), 128));
            }
        });
    }

    /// Gives connections to `port` to the receiver; `None` if somebody listens there already.
    pub fn listen(&mut self, port: u16) -> Option<mpsc::Receiver<TcpStream>> {
        if self.listeners.get(&port).is_some_and(|sender| !sender.is_closed()) {
            return None;
        }
        let (sender, receiver) = mpsc::channel(ACCEPT_QUEUE);
        self.listeners.insert(port, sender);
        Some(receiver)
    }

    /// Gives connections to ports without a listener to the receiver, before they are answered.
    pub fn forward(&mut self) -> mpsc::Receiver<PendingConnection> {
        let (sender, receiver) = mpsc::channel(PENDING_FORWARDS);
        self.forwarder = Some(sender);
        receiver
    }

    /// Opens a connection; the SYN leaves at the next flush. `None`: no own address, or no port is free.
    pub fn connect(&mut self, now: Instant, remote: SocketAddrV6) -> Option<TcpStream> {
        let local = *self.addresses.first()?;
        if self.flows.len() >= MAX_CONNECTIONS || remote.port() == 0 || remote.ip().is_unspecified() {
            return None;
        }
        let remote = (*remote.ip(), remote.port());
        let flow = (0..EPHEMERAL_PORTS.len()).find_map(|_| {
            let port = self.next_port;
            self.next_port = if port + 1 < EPHEMERAL_PORTS.end { port + 1 } else { EPHEMERAL_PORTS.start };
            let flow = Flow { local: (local, port), remote };
            (!self.flows.contains_key(&flow)).then_some(flow)
        })?;
        let mut state = ConnState::new(now);
        let to = (IpAddress::Ipv6(remote.0), remote.1);
        let from = (IpAddress::Ipv6(local), flow.local.1);
        state.socket().connect(self.iface.context(), to, from).ok()?;
        let conn = self.insert(flow, state);
        self.enqueue(&conn);
        Some(TcpStream::new(conn, self.doorbell.clone()))
    }

    fn insert(&mut self, flow: Flow, state: ConnState) -> Arc<Conn> {
        let conn = Arc::new(Conn { flow, state: Mutex::new(state) });
        self.flows.insert(flow, conn.clone());
        conn
    }

    fn enqueue(&mut self, conn: &Arc<Conn>) {
        let mut state = conn.state.lock();
        state.rung = false;
        if !state.queued {
            state.queued = true;
            self.queue.push_back(conn.clone());
        }
    }

    /// Takes a packet whose source and destination were checked. Answers to it leave at once or at the next flush.
    pub fn receive(&mut self, now: Instant, packet: &[u8], sink: &mut dyn Sink) {
        let Some((header, payload)) = Header::parse(packet) else { return };
        if header.next == TCP
            && let Some(head) = TcpHead::parse(payload)
        {
            let flow =
                Flow { local: (header.destination, head.destination_port), remote: (header.source, head.source_port) };
            if let Some(conn) = self.flows.get(&flow).cloned() {
                let misleading = conn.state.lock().is_misleading(&head);
                return if misleading { self.enqueue(&conn) } else { self.deliver(now, &conn, packet, sink) };
            }
            if head.opens && self.opens(now, flow, packet, sink) {
                return;
            }
        }
        // Echo requests are answered, everything else is refused, by a stack without sockets.
        let time = self.time(now, Duration::ZERO);
        let mut port = Port {
            received: Some(packet),
            sink,
            scratch: &mut self.scratch,
            destination: header.source,
            budget: 1,
            held_back: false,
        };
        self.iface.poll_ingress_single(time, &mut port, &mut SocketSet::new(Vec::new()));
    }

    /// A SYN: `false` if nobody wants it.
    fn opens(&mut self, now: Instant, flow: Flow, packet: &[u8], sink: &mut dyn Sink) -> bool {
        if self.pending.contains_key(&flow) {
            return true; // repeated while the local target is dialled
        }
        if self.flows.len() >= MAX_CONNECTIONS {
            return false;
        }
        if let Some(acceptor) = self.listeners.get(&flow.local.1) {
            if acceptor.is_closed() {
                self.listeners.remove(&flow.local.1);
            } else {
                let acceptor = acceptor.clone();
                self.accept(now, (flow, packet), Some(acceptor), sink);
                return true;
            }
        }
        let Some(forwarder) = &self.forwarder else { return false };
        let pending = PendingConnection::new(flow, self.doorbell.clone());
        if forwarder.try_send(pending).is_err() {
            return false;
        }
        self.pending.insert(flow, packet.to_vec());
        true
    }

    /// Answers a SYN. The stream goes to the acceptor when it is established, if there is one.
    fn accept(
        &mut self,
        now: Instant,
        (flow, syn): (Flow, &[u8]),
        acceptor: Option<mpsc::Sender<TcpStream>>,
        sink: &mut dyn Sink,
    ) -> Arc<Conn> {
        let mut state = ConnState::new(now);
        let at = IpListenEndpoint { addr: Some(IpAddress::Ipv6(flow.local.0)), port: flow.local.1 };
        // A fresh socket can always listen on a port that a SYN names (zero is refused below by the missing answer).
        let _ = state.socket().listen(at);
        state.acceptor = acceptor;
        let conn = self.insert(flow, state);
        self.deliver(now, &conn, syn, sink);
        conn
    }

    fn deliver(&mut self, now: Instant, conn: &Arc<Conn>, packet: &[u8], sink: &mut dyn Sink) {
        {
            let mut state = conn.state.lock();
            state.heard = now;
            if state.window != self.window {
                state.window = self.window;
                self.active += 1;
            }
            let time = self.time(now, state.skew);
            let mut port = Port {
                received: Some(packet),
                sink,
                scratch: &mut self.scratch,
                destination: conn.flow.remote.0,
                budget: 1,
                held_back: false,
            };
            self.iface.poll_ingress_single(time, &mut port, &mut state.sockets);
            state.refuse_unread();
            state.settle();
        }
        self.enqueue(conn);
    }

    /// Does what streams asked for since the last call.
    pub fn serve_requests(&mut self, now: Instant, sink: &mut dyn Sink) {
        for request in self.doorbell.take() {
            match request {
                Request::Poll(conn) => self.enqueue(&conn),
                Request::Admit(flow, reply) => self.admit(now, flow, reply, sink),
                Request::Refuse(flow) => self.refuse(now, flow, sink),
            }
        }
    }

    fn admit(&mut self, now: Instant, flow: Flow, reply: oneshot::Sender<TcpStream>, sink: &mut dyn Sink) {
        let Some(syn) = self.pending.remove(&flow) else { return };
        let conn = self.accept(now, (flow, &syn), None, sink);
        // If the receiver has gone meanwhile, dropping the stream resets the connection.
        let _ = reply.send(TcpStream::new(conn, self.doorbell.clone()));
    }

    fn refuse(&mut self, now: Instant, flow: Flow, sink: &mut dyn Sink) {
        let Some(syn) = self.pending.remove(&flow) else { return };
        let time = self.time(now, Duration::ZERO);
        let mut port = Port {
            received: Some(&syn),
            sink,
            scratch: &mut self.scratch,
            destination: flow.remote.0,
            budget: 1,
            held_back: false,
        };
        self.iface.poll_ingress_single(time, &mut port, &mut SocketSet::new(Vec::new()));
    }

    /// There is room again: those that waited for it may go on at the next flush.
    pub fn unblock(&mut self) {
        self.queue.extend(self.blocked.drain(..));
    }

    /// Polls what is due and lets it send, as far as the sink has room (see [`Self::unblock`]).
    pub fn flush(&mut self, now: Instant, sink: &mut dyn Sink) {
        while let Some(&(due, flow)) = self.timers.first().filter(|(due, _)| *due <= now) {
            self.timers.remove(&(due, flow));
            if let Some(conn) = self.flows.get(&flow).cloned() {
                conn.state.lock().deadline = None;
                self.enqueue(&conn);
            }
        }
        while let Some(conn) = self.queue.pop_front() {
            match self.poll(now, &conn, sink) {
                Outcome::Done => {}
                Outcome::Turn => self.queue.push_back(conn),
                Outcome::NoRoom => self.blocked.push(conn),
            }
        }
    }

    fn poll(&mut self, now: Instant, conn: &Arc<Conn>, sink: &mut dyn Sink) -> Outcome {
        let mut guard = conn.state.lock();
        let state = &mut *guard;
        let time = self.time(now, state.skew);
        state.settle();
        let mut due = state.expire(now);
        let mut port = Port {
            received: None,
            sink,
            scratch: &mut self.scratch,
            destination: conn.flow.remote.0,
            budget: TCP_TURN,
            held_back: false,
        };
        while self.iface.poll_egress(time, &mut port, &mut state.sockets) == PollResult::SocketStateChanged {}
        let (held_back, spent) = (port.held_back, port.budget == 0);
        if port.budget < TCP_TURN && state.window != self.window {
            state.window = self.window;
            self.active += 1;
        }
        state.wake();
        self.hand_over(conn, state);
        if state.is_over() {
            state.queued = false;
            self.set_timer(conn.flow, state, None);
            if self.flows.get(&conn.flow).is_some_and(|known| Arc::ptr_eq(known, conn)) {
                self.flows.remove(&conn.flow);
            }
            return Outcome::Done;
        }
        if held_back && spent {
            return Outcome::Turn;
        }
        if held_back {
            state.heard = now; // silence while nothing can be sent is not the peer's fault
            return Outcome::NoRoom;
        }
        state.queued = false;
        let mut next = self.iface.poll_at(time, &state.sockets);
        if next.is_none() && state.is_waiting() {
            self.rescue(time, conn, state, sink);
            next = self.iface.poll_at(time, &state.sockets).or(Some(time + RESCUE_PAUSE));
        }
        if let Some(at) = next {
            // "At once" after everything was sent would be a busy loop: one tick later.
            let wait = (at - time).max(smoltcp::time::Duration::from_millis(1));
            let at = now + Duration::from_micros(wait.total_micros()) / CLOCK_RATE;
            due = Some(due.map_or(at, |due| due.min(at)));
        }
        self.set_timer(conn.flow, state, due);
        Outcome::Done
    }

    /// The library can forget its retransmission timer while data is on the way (when a window closes and opens again).
    /// Repeated acknowledgements, made here from what the peer said last, bring it to its senses.
    fn rescue(&mut self, time: smoltcp::time::Instant, conn: &Conn, state: &mut ConnState, sink: &mut dyn Sink) {
        const FAST_RETRANSMIT: usize = 3;
        let Some(said) = state.said else { return };
        tracing::debug!(flow = ?conn.flow, "connection without a timer revived");
        let packet = said.repeat(&conn.flow);
        // One more than the library wants to see: the first may be news to it.
        for _ in 0..=FAST_RETRANSMIT {
            let mut port = Port {
                received: Some(&packet),
                sink,
                scratch: &mut self.scratch,
                destination: conn.flow.remote.0,
                budget: 1,
                held_back: false,
            };
            self.iface.poll_ingress_single(time, &mut port, &mut state.sockets);
        }
        let mut port = Port {
            received: None,
            sink,
            scratch: &mut self.scratch,
            destination: conn.flow.remote.0,
            budget: TCP_TURN,
            held_back: false,
        };
        while self.iface.poll_egress(time, &mut port, &mut state.sockets) == PollResult::SocketStateChanged {}
    }

    /// Gives an established connection to its listener.
    fn hand_over(&self, conn: &Arc<Conn>, state: &mut ConnState) {
        use smoltcp::socket::tcp::State::{Closed, Listen, SynReceived, SynSent};
        if state.acceptor.is_none() || matches!(state.socket().state(), SynReceived | SynSent | Listen | Closed) {
            return;
        }
        let Some(acceptor) = state.acceptor.take() else { return };
        if let Ok(permit) = acceptor.try_reserve() {
            permit.send(TcpStream::new(conn.clone(), self.doorbell.clone()));
        } else {
            state.dropped = true;
            state.socket().abort();
            self.doorbell.ring(Request::Poll(conn.clone()));
        }
    }

    fn set_timer(&mut self, flow: Flow, state: &mut ConnState, due: Option<Instant>) {
        if state.deadline == due {
            return;
        }
        if let Some(old) = state.deadline.take() {
            self.timers.remove(&(old, flow));
        }
        if let Some(due) = due {
            self.timers.insert((due, flow));
            state.deadline = Some(due);
        }
    }

    /// When [`Self::flush`] must be called next, if nothing arrives.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Repeats at once what waits for a retransmission timer: the path to these peers is back.
    pub fn hurry(&mut self, now: Instant, is_back: impl Fn(&Ipv6Addr) -> bool) {
        let waiting: Vec<_> = self.flows.values().filter(|conn| is_back(&conn.flow.remote.0)).cloned().collect();
        for conn in waiting {
            {
                let mut state = conn.state.lock();
                if !state.waiting {
                    continue;
                }
                let time = self.time(now, state.skew);
                if let Some(at) = self.iface.poll_at(time, &state.sockets)
                    && at > time
                {
                    state.skew += Duration::from_micros((at - time).total_micros());
                }
            }
            self.enqueue(&conn);
        }
    }

    /// Resets the connections with a peer that is gone.
    pub fn reset(&mut self, remote: Ipv6Addr) {
        let gone: Vec<_> = self.flows.values().filter(|conn| conn.flow.remote.0 == remote).cloned().collect();
        for conn in gone {
            conn.state.lock().socket().abort();
            self.enqueue(&conn);
        }
    }

    /// Connections now, and how many of them (or of those that ended) moved packets since the last call.
    pub fn take_counts(&mut self) -> (usize, u64) {
        self.window += 1;
        (self.flows.len(), std::mem::take(&mut self.active))
    }

    fn time(&self, now: Instant, skew: Duration) -> smoltcp::time::Instant {
        let since = now.saturating_duration_since(self.epoch) * CLOCK_RATE + skew;
        smoltcp::time::Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

enum Outcome {
    Done,
    Turn,
    NoRoom,
}

struct NoSink;

impl Sink for NoSink {
    fn has_room(&mut self, _: Ipv6Addr) -> bool {
        false
    }

    fn send(&mut self, _: Ipv6Addr, _: &[u8], _: usize) {}
}
