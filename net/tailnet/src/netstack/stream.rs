//! A TCP connection inside the tunnel as an async byte stream.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::conn::{Conn, ConnState, Doorbell, Request};
use super::tcp::Read;

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
            if state.socket.is_opening() {
                state.write_waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
            if state.socket.is_closed() && !state.socket.has_unread() {
                return Poll::Ready(Err(io::ErrorKind::ConnectionRefused.into()));
            }
            Poll::Ready(Ok(()))
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
        match state.socket.read(out.initialize_unfilled()) {
            Read::Bytes(n) => {
                out.advance(n);
                if state.socket.wants_update() {
                    self.ring(&mut state);
                }
                Poll::Ready(Ok(()))
            }
            Read::Wait => {
                state.read_waker = Some(cx.waker().clone());
                Poll::Pending
            }
            Read::End => Poll::Ready(Ok(())),
            Read::Reset => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.conn.state.lock();
        match state.socket.write(data)? {
            0 if !data.is_empty() => {
                state.write_waker = Some(cx.waker().clone());
                Poll::Pending
            }
            n => {
                self.ring(&mut state);
                Poll::Ready(Ok(n))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.conn.state.lock();
        state.socket.shutdown();
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
        if state.socket.is_opening() || state.socket.has_unread() {
            state.socket.abort();
        } else {
            state.socket.shutdown();
        }
        self.ring(&mut state);
    }
}

impl std::fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TcpStream({} -> {})", self.local_addr(), self.peer_addr())
    }
}
