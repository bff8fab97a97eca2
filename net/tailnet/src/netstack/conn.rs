//! One TCP connection: the socket, who waits for it, and its place in the stack's lists.

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use super::tcp::Socket;
use super::{Flow, TcpStream};
use crate::defaults::{DOORBELL_DATAGRAMS, TCP_LINGER, TCP_SILENCE};

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
    /// A datagram to send.
    Datagram(Flow, Bytes),
    /// The handle of a UDP flow was dropped.
    Forget(Flow),
}

impl Doorbell {
    pub(super) fn ring(&self, request: Request) {
        self.requests.lock().push(request);
        self.notify.notify_one();
    }

    /// As [`Self::ring`], for what may be lost: dropped when much waits already.
    pub(super) fn ring_bounded(&self, request: Request) {
        let mut requests = self.requests.lock();
        if requests.len() < DOORBELL_DATAGRAMS {
            requests.push(request);
            drop(requests);
            self.notify.notify_one();
        }
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
    pub socket: Socket,
    pub read_waker: Option<Waker>,
    pub write_waker: Option<Waker>,
    /// In the stack's list of connections to poll.
    pub queued: bool,
    /// A [`Request::Poll`] is under way.
    pub rung: bool,
    /// When the stack must poll it next.
    pub deadline: Option<Instant>,
    /// When a packet last arrived, or when data began to wait after a silence.
    pub heard: Instant,
    waiting: bool,
    /// The owner let go.
    pub dropped: bool,
    /// When the stack noticed that.
    orphaned: Option<Instant>,
    /// Whom to give the stream to once it is established.
    pub acceptor: Option<mpsc::Sender<TcpStream>>,
    /// The last statistics window in which it moved packets.
    pub window: u64,
}

impl ConnState {
    pub fn new(now: Instant, socket: Socket) -> Self {
        Self {
            socket,
            read_waker: None,
            write_waker: None,
            queued: false,
            rung: false,
            deadline: None,
            heard: now,
            waiting: false,
            dropped: false,
            orphaned: None,
            acceptor: None,
            window: 0,
        }
    }

    /// Ends connections that are beyond hope; returns when to look again.
    pub fn expire(&mut self, now: Instant) -> Option<Instant> {
        let waiting = self.socket.is_waiting();
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
        self.socket.abort();
        None
    }

    /// Nobody reads any more: data that still comes is answered by RST.
    pub fn refuse_unread(&mut self) {
        if self.dropped && self.socket.has_unread() {
            self.socket.abort();
        }
    }

    /// Wakes whoever can go on.
    pub fn wake(&mut self) {
        if self.socket.is_opening() {
            return;
        }
        if self.socket.is_readable()
            && let Some(waker) = self.read_waker.take()
        {
            waker.wake();
        }
        if self.socket.is_writable()
            && let Some(waker) = self.write_waker.take()
        {
            waker.wake();
        }
    }
}
