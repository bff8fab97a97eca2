//! The packet around a DISCO message: magic, sender key, nonce, sealed box (`docs/protocol/disco.md`, "Packet").

use crate::sealed::{NONCE_BYTES, Nonce, SharedKey, TAG_BYTES};
use crate::{DiscoPublic, Error, KEY_BYTES, Message};

/// The first bytes of every DISCO packet: `TS` and a speech balloon in UTF-8.
pub const MAGIC: [u8; 6] = [0x54, 0x53, 0xF0, 0x9F, 0x92, 0xAC];

const SENDER_END: usize = MAGIC.len() + KEY_BYTES;

/// Bytes before the sealed box.
pub const HEADER_BYTES: usize = SENDER_END + NONCE_BYTES;

/// Size to which a Ping or Pong is padded, whole packet, in bytes: a path that carries it carries every data packet.
pub const PADDED_DATAGRAM_BYTES: usize = 1310;

/// Packet bytes that are not message payload: header, tag, message type and version.
pub(crate) const OVERHEAD_BYTES: usize = HEADER_BYTES + TAG_BYTES + 2;

/// Whether a relayed packet is DISCO: the magic and at least a complete header.
pub fn looks_like_disco(packet: &[u8]) -> bool {
    packet.len() >= HEADER_BYTES && packet.starts_with(&MAGIC)
}

/// The sender's key, which is not authentic before the box opens.
pub fn sender(packet: &[u8]) -> Result<DiscoPublic, Error> {
    let rest = packet.strip_prefix(&MAGIC).ok_or(Error::Magic("DISCO"))?;
    let key = rest.first_chunk::<KEY_BYTES>().ok_or(too_short(packet))?;
    Ok(DiscoPublic::from_bytes(*key))
}

/// A complete packet from `sender`, whose key made `shared`.
pub fn seal(sender: &DiscoPublic, shared: &SharedKey, nonce: &Nonce, message: &Message) -> Vec<u8> {
    let sealed = shared.seal(nonce, &message.encode());
    let mut packet = Vec::with_capacity(HEADER_BYTES + sealed.len());
    packet.extend_from_slice(&MAGIC);
    packet.extend_from_slice(sender.as_bytes());
    packet.extend_from_slice(nonce);
    packet.extend_from_slice(&sealed);
    packet
}

/// Opens a packet with the key shared with its [`sender`]. `None`: a message type that this version does not know.
pub fn open(shared: &SharedKey, packet: &[u8]) -> Result<Option<Message>, Error> {
    let plaintext = open_plaintext(shared, packet)?;
    Message::decode(&plaintext)
}

fn open_plaintext(shared: &SharedKey, packet: &[u8]) -> Result<Vec<u8>, Error> {
    if !packet.starts_with(&MAGIC) {
        return Err(Error::Magic("DISCO"));
    }
    let rest = packet.get(SENDER_END..).ok_or(too_short(packet))?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(too_short(packet))?;
    shared.open(nonce, sealed)
}

fn too_short(packet: &[u8]) -> Error {
    Error::TooShort { what: "DISCO packet", length: packet.len() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DiscoPrivate, NodePublic, Ping, TransactionId};

    #[test]
    fn padded_ping_fills_the_datagram_and_opens_at_the_other_end() {
        let (a, b) = (DiscoPrivate::generate(), DiscoPrivate::generate());
        let ping = Message::Ping(Ping::padded(TransactionId([9; 12]), NodePublic::from_bytes([3; 32])));
        let packet = seal(&a.public(), &a.shared_with(&b.public()), &[1; 24], &ping);
        assert_eq!(packet.len(), PADDED_DATAGRAM_BYTES);
        assert!(looks_like_disco(&packet));
        assert_eq!(sender(&packet), Ok(a.public()));
        assert_eq!(open(&b.shared_with(&a.public()), &packet), Ok(Some(ping)));
    }

    #[test]
    fn a_flipped_bit_is_refused() {
        let (a, b) = (DiscoPrivate::generate(), DiscoPrivate::generate());
        let ping = Message::Ping(Ping { transaction: TransactionId([9; 12]), node_key: None, padding: 0 });
        let mut packet = seal(&a.public(), &a.shared_with(&b.public()), &[1; 24], &ping);
        *packet.last_mut().unwrap() ^= 1;
        assert_eq!(open(&b.shared_with(&a.public()), &packet), Err(Error::Sealed));
    }

    proptest! {
        #[test]
        fn opening_garbage_never_panics(tail: Vec<u8>, with_magic: bool) {
            let shared = DiscoPrivate::from_bytes([5; 32]).shared_with(&DiscoPublic::from_bytes([9; 32]));
            let mut packet = if with_magic { MAGIC.to_vec() } else { Vec::new() };
            packet.extend(tail);
            let _ = sender(&packet);
            prop_assert!(open(&shared, &packet).is_err());
        }
    }
}
