//! STUN binding requests and responses (RFC 8489), as far as a node and a simple server need them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::Error;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const HEADER_BYTES: usize = 20;
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const ATTRIBUTE_MAPPED: u16 = 0x0001;
const ATTRIBUTE_XOR_MAPPED: u16 = 0x0020;
const ATTRIBUTE_XOR_MAPPED_OLD: u16 = 0x8020;
const ATTRIBUTE_SOFTWARE: u16 = 0x8022;
const ATTRIBUTE_FINGERPRINT: u16 = 0x8028;
const FINGERPRINT_XOR: u32 = 0x5354_554E;
/// Some public servers answer only requests that carry this name.
const SOFTWARE: &[u8; 8] = b"tailnode";

/// Pairs a response with its request. Random.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(pub [u8; 12]);

impl TransactionId {
    /// A new random transaction id.
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Whether the datagram has a STUN header.
pub fn looks_like_stun(datagram: &[u8]) -> bool {
    datagram.len() >= HEADER_BYTES && datagram[0] & 0xC0 == 0 && datagram[4..8] == COOKIE
}

/// A binding request of 40 bytes.
pub fn encode_request(transaction: &TransactionId) -> Vec<u8> {
    let mut out = header(BINDING_REQUEST, 20, transaction);
    put_attribute(&mut out, ATTRIBUTE_SOFTWARE, SOFTWARE);
    let fingerprint = crc32(&out) ^ FINGERPRINT_XOR;
    put_attribute(&mut out, ATTRIBUTE_FINGERPRINT, &fingerprint.to_be_bytes());
    out
}

/// The transaction of a binding request; other attributes are not looked at. For a server.
pub fn decode_request(datagram: &[u8]) -> Result<TransactionId, Error> {
    let (kind, transaction, _attributes) = split(datagram)?;
    if kind != BINDING_REQUEST {
        return Err(Error::Stun);
    }
    Ok(transaction)
}

/// The answer of a server that saw the request come from `source`.
pub fn encode_response(transaction: &TransactionId, source: SocketAddr) -> Vec<u8> {
    let mut value = vec![0, if source.is_ipv4() { 1 } else { 2 }];
    value.extend_from_slice(&(source.port() ^ 0x2112).to_be_bytes());
    match source.ip() {
        IpAddr::V4(ip) => value.extend(xor(ip.octets(), transaction)),
        IpAddr::V6(ip) => value.extend(xor(ip.octets(), transaction)),
    }
    let mut out = header(BINDING_SUCCESS, 4 + value.len() as u16, transaction);
    put_attribute(&mut out, ATTRIBUTE_XOR_MAPPED, &value);
    out
}

/// Own public address out of a successful binding response, with the transaction that it answers.
pub fn decode_response(datagram: &[u8]) -> Result<(TransactionId, SocketAddr), Error> {
    let (kind, transaction, mut attributes) = split(datagram)?;
    if kind != BINDING_SUCCESS {
        return Err(Error::Stun);
    }
    let mut fallback = None;
    while let Some((kind, value, rest)) = next_attribute(attributes) {
        match kind {
            ATTRIBUTE_XOR_MAPPED | ATTRIBUTE_XOR_MAPPED_OLD => {
                if let Some(address) = read_address(value, Some(&transaction)) {
                    return Ok((transaction, address));
                }
            }
            ATTRIBUTE_MAPPED => fallback = read_address(value, None),
            _ => {}
        }
        attributes = rest;
    }
    fallback.map(|address| (transaction, address)).ok_or(Error::Stun)
}

fn header(kind: [u8; 2], length: u16, transaction: &TransactionId) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + usize::from(length));
    out.extend_from_slice(&kind);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&COOKIE);
    out.extend_from_slice(&transaction.0);
    out
}

fn put_attribute(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&(value.len() as u16).to_be_bytes());
    out.extend_from_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn split(datagram: &[u8]) -> Result<([u8; 2], TransactionId, &[u8]), Error> {
    if !looks_like_stun(datagram) {
        return Err(Error::Magic("STUN"));
    }
    let (head, body) = datagram.split_at(HEADER_BYTES);
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let attributes = body.get(..length).ok_or(Error::TooShort { what: "STUN message", length: datagram.len() })?;
    let transaction = head[8..].try_into().map_err(|_| Error::Stun)?;
    Ok(([head[0], head[1]], TransactionId(transaction), attributes))
}

fn next_attribute(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let ([k0, k1, l0, l1], rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    let value = rest.get(..length)?;
    let rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((u16::from_be_bytes([*k0, *k1]), value, rest))
}

fn read_address(value: &[u8], xor_with: Option<&TransactionId>) -> Option<SocketAddr> {
    let ([_, family, p0, p1], address) = value.split_first_chunk::<4>()?;
    let mut port = u16::from_be_bytes([*p0, *p1]);
    if xor_with.is_some() {
        port ^= 0x2112;
    }
    let ip = match family {
        1 => {
            let octets: [u8; 4] = *address.first_chunk()?;
            Ipv4Addr::from(xor_with.map_or(octets, |id| xor(octets, id))).into()
        }
        2 => {
            let octets: [u8; 16] = *address.first_chunk()?;
            Ipv6Addr::from(xor_with.map_or(octets, |id| xor(octets, id))).into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

fn xor<const N: usize>(mut octets: [u8; N], transaction: &TransactionId) -> [u8; N] {
    for (octet, mask) in octets.iter_mut().zip(COOKIE.iter().chain(&transaction.0)) {
        *octet ^= mask;
    }
    octets
}

/// CRC-32 of IEEE 802.3, bit by bit: the inputs are 28 bytes.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn crc_matches_the_check_value() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn request_is_forty_bytes_with_name_and_fingerprint() {
        let request = encode_request(&TransactionId([7; 12]));
        assert_eq!(request.len(), 40);
        assert_eq!(request[..8], [0, 1, 0, 20, 0x21, 0x12, 0xA4, 0x42]);
        assert_eq!(request[20..32], *b"\x80\x22\x00\x08tailnode");
        assert_eq!(request[32..36], [0x80, 0x28, 0, 4]);
        assert_eq!(decode_request(&request), Ok(TransactionId([7; 12])));
    }

    #[test]
    fn reads_the_sample_responses_of_rfc_5769() {
        // RFC 5769 §2.2 and §2.3, attributes up to the address.
        let v4 = "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643";
        let mut bytes = hex::decode(v4).unwrap();
        bytes[3] = (bytes.len() - HEADER_BYTES) as u8;
        assert_eq!(decode_response(&bytes).unwrap().1, "192.0.2.1:32853".parse().unwrap());
        let v6 = "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9";
        let mut bytes = hex::decode(v6).unwrap();
        bytes[3] = (bytes.len() - HEADER_BYTES) as u8;
        let expected = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap();
        assert_eq!(decode_response(&bytes).unwrap().1, expected);
    }

    proptest! {
        #[test]
        fn responses_round_trip(ip: IpAddr, port: u16, id: [u8; 12]) {
            let (transaction, source) = (TransactionId(id), SocketAddr::new(ip, port));
            let response = encode_response(&transaction, source);
            prop_assert_eq!(decode_response(&response), Ok((transaction, source)));
        }

        #[test]
        fn decoding_never_panics(mut bytes: Vec<u8>, header: bool) {
            if header && bytes.len() >= HEADER_BYTES {
                bytes[..2].copy_from_slice(&BINDING_SUCCESS);
                bytes[4..8].copy_from_slice(&COOKIE);
                let length = (bytes.len() - HEADER_BYTES) as u16;
                bytes[2..4].copy_from_slice(&length.to_be_bytes());
            }
            let _ = decode_response(&bytes);
            let _ = decode_request(&bytes);
        }
    }
}
