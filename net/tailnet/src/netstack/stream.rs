//! A TCP connection inside the tunnel as an async byte stream.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use smoltcp::socket::tcp::{RecvError, State};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::conn::{Conn, ConnState, Doorbell, Request};

/// A TCP connection inside the tunnel.
///
/// `shutdown` closes the sending half alone. Dropping a stream sends what was written, then FIN; with data unread it
/// resets the connection.
pub struct TcpStream {
    conn: Arc<Conn>,
    doorbell: Arc<Doorbell>,
}

impl TcpStream {
    pub(super) fn new(conn: Arc<Conn>, doorbell: Arc<Doorbell>) -> Self {
        Self { conn, doorbell }
    }

    /// This end's address.
    pub fn local_addr(&self) -> SocketAddr {
        self.conn.flow.local_addr()
    }

    /// The other end's address.
    pub fn peer_addr(&self) -> SocketAddr {
        self.conn.flow.remote_addr()
    }

    /// Waits until the connection is open, or refused.
    pub(crate) async fn established(&self) -> io::Result<()> {
        std::future::poll_fn(|cx| {
            let mut state = self.conn.state.lock();
            match state.socket().state() {
                State::SynSent | State::SynReceived => {
                    state.write_waker = Some(cx.waker().clone());
                    Poll::Pending
                }
                State::Closed => Poll::Ready(Err(io::ErrorKind::ConnectionRefused.into())),
                _ => Poll::Ready(Ok(())),
            }
        })
        .await
    }

    fn ring(&self, state: &mut ConnState) {
        if !state.rung && !state.queued {
            state.rung = true;
            self.doorbell.ring(Request::Poll(self.conn.clone()));
        }
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.conn.state.lock();
        if state.finished {
            let n = io::Read::read(&mut state.leftover, out.initialize_unfilled())?;
            out.advance(n);
            return Poll::Ready(Ok(()));
        }
        let socket = state.socket();
        if matches!(socket.state(), State::SynSent | State::SynReceived) {
            state.read_waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        match socket.recv_slice(out.initialize_unfilled()) {
            Ok(0) if out.remaining() > 0 => {
                state.read_waker = Some(cx.waker().clone());
                Poll::Pending
            }
            Ok(n) => {
                let left = socket.recv_queue();
                out.advance(n);
                // The window that the peer knows has shrunk by what piled up: tell it when half of that is gone.
                state.peak = state.peak.max(left + n);
                if state.peak > crate::defaults::TCP_BUFFER / 4 && left <= state.peak / 2 {
                    state.peak = left;
                    self.ring(&mut state);
                }
                Poll::Ready(Ok(()))
            }
            Err(RecvError::Finished) => {
                state.finished = true;
                Poll::Ready(Ok(()))
            }
            Err(RecvError::InvalidState) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.conn.state.lock();
        let socket = state.socket();
        if matches!(socket.state(), State::SynSent | State::SynReceived) {
            state.write_waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        match socket.send_slice(data) {
            Ok(0) if !data.is_empty() => {
                state.write_waker = Some(cx.waker().clone());
                Poll::Pending
            }
            Ok(n) => {
                self.ring(&mut state);
                Poll::Ready(Ok(n))
            }
            Err(_) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        let mut state = self.conn.state.lock();
        state.socket().close();
        self.ring(&mut state);
        Poll::Ready(Ok(()))
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        let mut state = self.conn.state.lock();
        state.read_waker = None;
        state.write_waker = None;
        state.dropped = true;
        let unread = !std::mem::take(&mut state.leftover).is_empty();
        let socket = state.socket();
        match socket.state() {
            State::SynSent | State::SynReceived => socket.abort(),
            _ if socket.can_recv() || unread => socket.abort(),
            _ => socket.close(),
        }
        self.ring(&mut state);
    }
}

impl std::fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TcpStream({} -> {})", self.local_addr(), self.peer_addr())
    }
}
