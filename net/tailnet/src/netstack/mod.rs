//! TCP/IP inside the tunnel: packets in, packets out, streams on top.
//!
//! The rest of the crate knows only [`Stack`], [`TcpStream`] and [`Sink`].
//! Only connections with something to do are looked at, so that a thousand idle ones cost nothing.

mod conn;
mod echo;
mod flow;
mod pending;
mod stack;
mod stream;
mod tcp;
mod udp;

pub(crate) use conn::Doorbell;
pub(crate) use flow::{Flow, Header};
pub use pending::PendingConnection;
pub(crate) use stack::Stack;
pub use stream::TcpStream;
pub use udp::UdpFlow;

#[cfg(test)]
mod tests;

/// Where the stack puts the IP packets that it makes.
pub(crate) trait Sink {
    /// Whether a packet to this address can be taken now; if not, the sender waits for the next flush.
    fn has_room(&mut self, destination: std::net::Ipv6Addr) -> bool;
    /// Takes a packet. Its buffer is longer than the packet by up to 15 zero bytes, for padding.
    fn send(&mut self, destination: std::net::Ipv6Addr, padded: &[u8], length: usize);
}
