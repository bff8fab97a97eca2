//! Which protocol a UDP datagram of a node's socket belongs to (`docs/protocol/disco.md`, "One socket").

use crate::packet::MAGIC;
use crate::{KEY_BYTES, stun};

/// The three protocols that share a node's UDP socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datagram {
    /// Answer of a STUN server (or a stray request).
    Stun,
    /// Path discovery.
    Disco,
    /// Everything else.
    WireGuard,
}

/// Decides by the first bytes alone; the content may still turn out to be invalid.
pub fn classify(datagram: &[u8]) -> Datagram {
    if stun::looks_like_stun(datagram) {
        Datagram::Stun
    } else if datagram.len() >= MAGIC.len() + KEY_BYTES && datagram.starts_with(&MAGIC) {
        Datagram::Disco
    } else {
        Datagram::WireGuard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_three_protocols_apart() {
        let request = stun::encode_request(&stun::TransactionId([1; 12]));
        assert_eq!(classify(&request), Datagram::Stun);
        let mut disco = MAGIC.to_vec();
        disco.resize(38, 0);
        assert_eq!(classify(&disco), Datagram::Disco);
        assert_eq!(classify(&disco[..37]), Datagram::WireGuard);
        assert_eq!(classify(&[4, 0, 0, 0, 1, 2, 3, 4]), Datagram::WireGuard);
        assert_eq!(classify(&[]), Datagram::WireGuard);
    }
}
