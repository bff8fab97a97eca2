//! One TCP connection: the socket, who waits for it, and its clock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::tcp::{self, State};
use tokio::sync::{Notify, mpsc};

use super::flow::{Said, TcpHead};
use super::{Flow, TcpStream};
use crate::defaults::{TCP_BUFFER, TCP_LINGER, TCP_SILENCE};

/// What streams ask of the stack. Drained at each turn of the loop.
#[derive(Default)]
pub(crate) struct Doorbell {
    requests: Mutex<Vec<Request>>,
    notify: Notify,
}

pub(super) enum Request {
    /// The connection has something to send, or its window grew.
    Poll(Arc<Conn>),
    /// The local target of a pending connection is there.
    Admit(Flow, tokio::sync::oneshot::Sender<TcpStream>),
    /// It is not.
    Refuse(Flow),
}

impl Doorbell {
    pub(super) fn ring(&self, request: Request) {
        self.requests.lock().push(request);
        self.notify.notify_one();
    }

    pub(super) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock())
    }

    /// Waits until somebody rang.
    pub async fn rung(&self) {
        self.notify.notified().await;
    }
}

pub(crate) struct Conn {
    pub flow: Flow,
    pub(super) state: Mutex<ConnState>,
}

pub(super) struct ConnState {
    pub sockets: SocketSet<'static>,
    pub handle: SocketHandle,
    pub read_waker: Option<Waker>,
    pub write_waker: Option<Waker>,
    /// In the stack's list of connections to poll.
    pub queued: bool,
    /// A [`Request::Poll`] is under way.
    pub rung: bool,
    /// Added to the time that this socket sees: moves its timers forward without touching others (see `hurry`).
    pub skew: Duration,
    /// When the stack must poll it next.
    pub deadline: Option<Instant>,
    /// When a packet last arrived, or when data began to wait after a silence.
    pub heard: Instant,
    pub waiting: bool,
    /// The owner let go.
    pub dropped: bool,
    /// When the stack noticed that.
    pub orphaned: Option<Instant>,
    /// Whom to give the stream to once it is established.
    pub acceptor: Option<mpsc::Sender<TcpStream>>,
    /// Highest fill of the receive buffer since the window was last looked at.
    pub peak: usize,
    /// The peer has sent all it will, and these are the bytes of it that nobody has read: the socket would throw them
    /// away at the end of its own life.
    pub leftover: VecDeque<u8>,
    /// Up to where the peer has acknowledged, by its last segment that did only that.
    pub acknowledged: Option<u32>,
    /// The newest that the peer said in a segment without SYN, FIN or RST.
    pub said: Option<Said>,
    /// After the leftover comes the end, not an error.
    pub finished: bool,
    /// The last statistics window in which it moved packets.
    pub window: u64,
}

impl ConnState {
    pub fn new(now: Instant) -> Self {
        let buffer = || tcp::SocketBuffer::new(vec![0; TCP_BUFFER]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        socket.set_nagle_enabled(false);
        let mut sockets = SocketSet::new(Vec::with_capacity(1));
        let handle = sockets.add(socket);
        Self {
            sockets,
            handle,
            read_waker: None,
            write_waker: None,
            queued: false,
            rung: false,
            skew: Duration::ZERO,
            deadline: None,
            heard: now,
            waiting: false,
            dropped: false,
            orphaned: None,
            acceptor: None,
            peak: 0,
            leftover: VecDeque::new(),
            acknowledged: None,
            said: None,
            finished: false,
            window: 0,
        }
    }

    pub fn socket(&mut self) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(self.handle)
    }

    /// Keeps what was received when the socket is about to end in good order.
    pub fn settle(&mut self) {
        if self.finished {
            return;
        }
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(self.handle);
        if !matches!(socket.state(), State::Closing | State::LastAck | State::TimeWait) {
            return; // more may come, or the connection broke
        }
        self.finished = true;
        if !self.dropped {
            while let Ok(length @ 1..) = socket.recv(|data| {
                self.leftover.extend(&*data);
                (data.len(), data.len())
            }) {
                debug_assert!(length <= TCP_BUFFER);
            }
        }
    }

    /// Whether a segment must be kept from the socket. While nothing but the FIN is on the way, repeated
    /// acknowledgements make the library think of a fast retransmission; it finds no data to repeat and stops its timer,
    /// and the FIN would never be sent again.
    pub fn is_misleading(&mut self, head: &TcpHead) -> bool {
        if let Some(said) = head.said
            && self.said.is_none_or(|known| said.is_newer(&known))
        {
            self.said = Some(said);
        }
        let Some(up_to) = head.only_acknowledges else { return false };
        let repeated = self.acknowledged.replace(up_to) == Some(up_to);
        let socket = self.socket();
        let closing = matches!(socket.state(), State::FinWait1 | State::Closing | State::LastAck);
        repeated && closing && socket.send_queue() == 0
    }

    /// Whether the peer owes us an acknowledgement.
    pub fn is_waiting(&mut self) -> bool {
        let socket = self.socket();
        socket.send_queue() > 0
            || matches!(
                socket.state(),
                State::SynSent | State::SynReceived | State::FinWait1 | State::Closing | State::LastAck
            )
    }

    /// Ends connections that are beyond hope; returns when to look again.
    pub fn expire(&mut self, now: Instant) -> Option<Instant> {
        let waiting = self.is_waiting();
        if waiting && !self.waiting {
            self.heard = now;
        }
        self.waiting = waiting;
        if self.dropped && self.orphaned.is_none() {
            self.orphaned = Some(now);
        }
        let silence = waiting.then(|| self.heard + TCP_SILENCE);
        let linger = self.orphaned.map(|since| since + TCP_LINGER);
        let due = [silence, linger].into_iter().flatten().min()?;
        if due > now {
            return Some(due);
        }
        self.socket().abort();
        None
    }

    /// Nobody reads any more: data that still comes is answered by RST, as is what was left unread.
    pub fn refuse_unread(&mut self) {
        if self.dropped && self.socket().can_recv() {
            self.socket().abort();
        }
    }

    /// Wakes whoever can go on.
    pub fn wake(&mut self) {
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(self.handle);
        let opening = matches!(socket.state(), State::SynSent | State::SynReceived);
        if opening {
            return;
        }
        self.peak = self.peak.max(socket.recv_queue());
        if (socket.can_recv() || !socket.may_recv() || self.finished)
            && let Some(waker) = self.read_waker.take()
        {
            waker.wake();
        }
        // A quarter of the buffer free, so that writers do not come for every acknowledgement.
        let roomy = socket.send_queue() <= TCP_BUFFER / 4 * 3;
        if (roomy || !socket.may_send())
            && let Some(waker) = self.write_waker.take()
        {
            waker.wake();
        }
    }

    /// Whether nothing more will happen: the stack may forget it.
    pub fn is_over(&mut self) -> bool {
        let socket = self.socket();
        match socket.state() {
            State::Closed => socket.remote_endpoint().is_none(),
            // A passive socket falls back to listening when its opener resets it; ours serve one connection.
            State::Listen => true,
            _ => false,
        }
    }
}
