//! The stack: which connection a packet belongs to, when each is polled, who gets new ones.

mod upkeep;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{Ipv6Addr, SocketAddrV6};
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::{mpsc, oneshot};

use super::conn::{Conn, ConnState, Request};
use super::tcp::{Segment, Socket};
use super::udp::{self, UdpFlows};
use super::{Doorbell, Flow, Header, PendingConnection, Sink, TcpStream, UdpFlow, echo};
use crate::defaults::{ACCEPT_QUEUE, EPHEMERAL_PORTS, MAX_CONNECTIONS, MTU, PENDING_FORWARDS, TCP_TURN};

const TCP: u8 = 6;

/// Room for one packet and its padding.
type Scratch = [u8; MTU + 16];

pub(crate) struct Stack {
    addresses: Vec<Ipv6Addr>,
    doorbell: Arc<Doorbell>,
    flows: HashMap<Flow, Arc<Conn>>,
    listeners: HashMap<u16, mpsc::Sender<TcpStream>>,
    forwarder: Option<mpsc::Sender<PendingConnection>>,
    /// SYNs whose local target is being dialled, as they came.
    pending: HashMap<Flow, Vec<u8>>,
    /// Connections to poll at the next flush.
    queue: VecDeque<Arc<Conn>>,
    /// Connections that wait for room.
    blocked: Vec<Arc<Conn>>,
    timers: BTreeSet<(Instant, Flow)>,
    udp: UdpFlows,
    next_port: u16,
    dice: StdRng,
    scratch: Box<Scratch>,
    /// Number of the statistics window, and connections that moved packets in it.
    window: u64,
    active: u64,
}

impl Stack {
    /// `seed` chooses sequence numbers and ports.
    pub fn new(addresses: &[Ipv6Addr], doorbell: Arc<Doorbell>, seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        Self {
            addresses: addresses.to_vec(),
            udp: UdpFlows::new(doorbell.clone()),
            doorbell,
            flows: HashMap::new(),
            listeners: HashMap::new(),
            forwarder: None,
            pending: HashMap::new(),
            queue: VecDeque::new(),
            blocked: Vec::new(),
            timers: BTreeSet::new(),
            next_port: dice.random_range(EPHEMERAL_PORTS),
            dice,
            scratch: Box::new([0; MTU + 16]),
            window: 1,
            active: 0,
        }
    }

    /// Replaces the node's own addresses; connections of addresses that go are reset.
    pub fn set_addresses(&mut self, addresses: &[Ipv6Addr]) {
        self.addresses = addresses.to_vec();
        self.reset_where(|flow| !addresses.contains(&flow.local.0));
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
        if self.flows.len() >= MAX_CONNECTIONS {
            return None;
        }
        let flow = self.free_flow(remote)?;
        let socket = Socket::connect(flow, self.dice.random());
        let conn = self.insert(flow, ConnState::new(now, socket));
        self.enqueue(&conn);
        Some(TcpStream::new(conn, self.doorbell.clone()))
    }

    /// Begins a UDP flow. `None`: no own address, no port is free, or there are too many.
    pub fn connect_udp(&mut self, remote: SocketAddrV6) -> Option<UdpFlow> {
        let flow = self.free_flow(remote)?;
        self.udp.open(flow)
    }

    /// Gives UDP flows that peers begin to the receiver.
    pub fn forward_udp(&mut self) -> mpsc::Receiver<UdpFlow> {
        self.udp.forward()
    }

    fn free_flow(&mut self, remote: SocketAddrV6) -> Option<Flow> {
        let local = *self.addresses.first()?;
        if remote.port() == 0 || remote.ip().is_unspecified() {
            return None;
        }
        (0..EPHEMERAL_PORTS.len()).find_map(|_| {
            let port = self.next_port;
            self.next_port = if port + 1 < EPHEMERAL_PORTS.end { port + 1 } else { EPHEMERAL_PORTS.start };
            let flow = Flow { local: (local, port), remote: (*remote.ip(), remote.port()) };
            (!self.flows.contains_key(&flow) && !self.udp.is_used(&flow)).then_some(flow)
        })
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
        match header.next {
            TCP => self.receive_tcp(now, &header, payload, sink),
            udp::UDP => self.udp.receive(&header, payload),
            echo::ICMPV6 => {
                if let Some(length) = echo::answer(&header, payload, &mut self.scratch[..MTU]) {
                    send(&mut self.scratch, header.source, length, sink);
                }
            }
            _ => {}
        }
    }

    fn receive_tcp(&mut self, now: Instant, header: &Header, payload: &[u8], sink: &mut dyn Sink) {
        let Some(((source, destination), segment)) = Segment::parse(payload) else { return };
        let flow = Flow { local: (header.destination, destination), remote: (header.source, source) };
        if let Some(conn) = self.flows.get(&flow).cloned() {
            let answer = {
                let mut state = conn.state.lock();
                state.heard = now;
                if state.window != self.window {
                    state.window = self.window;
                    self.active += 1;
                }
                let answer = state.socket.process(now, &segment);
                state.refuse_unread();
                answer
            };
            self.enqueue(&conn);
            return self.answer(&flow, answer, sink);
        }
        let opens = segment.syn && segment.ack.is_none() && !segment.rst;
        if !opens || !self.opens(now, flow, &segment, payload) {
            self.answer(&flow, segment.refusal(), sink);
        }
    }

    fn answer(&mut self, flow: &Flow, segment: Option<Segment<'_>>, sink: &mut dyn Sink) {
        if let Some(length) = segment.and_then(|segment| segment.write(flow, &[], &mut self.scratch[..MTU])) {
            send(&mut self.scratch, flow.remote.0, length, sink);
        }
    }

    /// A SYN: `false` if nobody wants it.
    fn opens(&mut self, now: Instant, flow: Flow, syn: &Segment<'_>, bytes: &[u8]) -> bool {
        if self.pending.contains_key(&flow) {
            return true; // repeated while the local target is dialled
        }
        if self.flows.len() >= MAX_CONNECTIONS || flow.remote.1 == 0 {
            return false;
        }
        if let Some(acceptor) = self.listeners.get(&flow.local.1) {
            if acceptor.is_closed() {
                self.listeners.remove(&flow.local.1);
            } else {
                let acceptor = acceptor.clone();
                self.accept(now, flow, syn, Some(acceptor));
                return true;
            }
        }
        let Some(forwarder) = &self.forwarder else { return false };
        // A queue that is full or gone drops the pending connection, which refuses it at the next turn.
        self.pending.insert(flow, bytes.to_vec());
        let _ = forwarder.try_send(PendingConnection::new(flow, self.doorbell.clone()));
        true
    }

    /// Answers a SYN. The stream goes to the acceptor when it is established, if there is one.
    fn accept(
        &mut self,
        now: Instant,
        flow: Flow,
        syn: &Segment<'_>,
        acceptor: Option<mpsc::Sender<TcpStream>>,
    ) -> Arc<Conn> {
        let socket = Socket::accept(flow, self.dice.random(), syn);
        let conn = self.insert(flow, ConnState::new(now, socket));
        conn.state.lock().acceptor = acceptor;
        self.enqueue(&conn);
        conn
    }

    /// Does what streams asked for since the last call.
    pub fn serve_requests(&mut self, now: Instant, sink: &mut dyn Sink) {
        for request in self.doorbell.take() {
            match request {
                Request::Poll(conn) => self.enqueue(&conn),
                Request::Admit(flow, reply) => self.admit(now, flow, reply),
                Request::Refuse(flow) => {
                    let syn = self.pending.remove(&flow);
                    if let Some((_, segment)) = syn.as_deref().and_then(Segment::parse) {
                        self.answer(&flow, segment.refusal(), sink);
                    }
                }
                Request::Datagram(flow, data) if sink.has_room(flow.remote.0) => {
                    if let Some(length) = udp::write(&flow, &data, &mut self.scratch[..MTU]) {
                        send(&mut self.scratch, flow.remote.0, length, sink);
                    }
                }
                Request::Datagram(..) => {} // lost, as on any network
                Request::Forget(flow) => self.udp.forget(&flow),
            }
        }
    }

    fn admit(&mut self, now: Instant, flow: Flow, reply: oneshot::Sender<TcpStream>) {
        let syn = self.pending.remove(&flow);
        let Some((_, segment)) = syn.as_deref().and_then(Segment::parse) else { return };
        let conn = self.accept(now, flow, &segment, None);
        // If the receiver has gone meanwhile, dropping the stream resets the connection.
        let _ = reply.send(TcpStream::new(conn, self.doorbell.clone()));
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
        let expires = state.expire(now);
        state.socket.handle_timeout(now);
        let to = conn.flow.remote.0;
        let mut sent = 0;
        let outcome = loop {
            if !state.socket.wants_to_send(now) {
                break Outcome::Done;
            }
            if sent == TCP_TURN {
                break Outcome::Turn;
            }
            if !sink.has_room(to) {
                break Outcome::NoRoom;
            }
            let Some(length) = state.socket.transmit(now, &mut self.scratch[..MTU]) else { break Outcome::Done };
            send(&mut self.scratch, to, length, sink);
            sent += 1;
        };
        if sent > 0 && state.window != self.window {
            state.window = self.window;
            self.active += 1;
        }
        state.wake();
        self.hand_over(conn, state);
        match outcome {
            Outcome::Turn => return Outcome::Turn,
            Outcome::NoRoom if !state.socket.is_over() => {
                state.heard = now; // silence while nothing can be sent is not the peer's fault
                return Outcome::NoRoom;
            }
            _ => state.queued = false,
        }
        if state.socket.is_over() {
            self.set_timer(conn.flow, state, None);
            if self.flows.get(&conn.flow).is_some_and(|known| Arc::ptr_eq(known, conn)) {
                self.flows.remove(&conn.flow);
            }
        } else {
            let due = [expires, state.socket.poll_timeout()].into_iter().flatten().min();
            self.set_timer(conn.flow, state, due);
        }
        Outcome::Done
    }

    /// Gives an established connection to its listener.
    fn hand_over(&self, conn: &Arc<Conn>, state: &mut ConnState) {
        if state.socket.is_opening() {
            return;
        }
        let Some(acceptor) = state.acceptor.take() else { return };
        if state.socket.is_closed() {
            return;
        }
        if let Ok(permit) = acceptor.try_reserve() {
            permit.send(TcpStream::new(conn.clone(), self.doorbell.clone()));
        } else {
            state.dropped = true;
            state.socket.abort();
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
}

fn send(scratch: &mut Scratch, to: Ipv6Addr, length: usize, sink: &mut dyn Sink) {
    let padded = length.next_multiple_of(16);
    scratch[length..padded].fill(0);
    sink.send(to, &scratch[..padded], length);
}

enum Outcome {
    Done,
    Turn,
    NoRoom,
}
