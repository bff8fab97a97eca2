//! ICMPv6: echo requests are answered, the rest is ignored.

use super::flow::{Header, IP_HEADER};
use super::tcp::checksum;

pub(super) const ICMPV6: u8 = 58;
const ECHO_REQUEST: u8 = 128;
const ECHO_REPLY: u8 = 129;
const HOP_LIMIT: u8 = 64;

/// Writes the answer to an ICMPv6 message, if it wants one; its length.
pub(super) fn answer(header: &Header, message: &[u8], out: &mut [u8]) -> Option<usize> {
    if message.len() < 8 || message[0] != ECHO_REQUEST {
        return None;
    }
    let total = IP_HEADER + message.len();
    let out = out.get_mut(..total)?;
    out[..8].copy_from_slice(&[0x60, 0, 0, 0, 0, 0, ICMPV6, HOP_LIMIT]);
    out[4..6].copy_from_slice(&(message.len() as u16).to_be_bytes());
    out[8..24].copy_from_slice(&header.destination.octets());
    out[24..40].copy_from_slice(&header.source.octets());
    out[IP_HEADER..].copy_from_slice(message);
    out[IP_HEADER] = ECHO_REPLY;
    out[IP_HEADER + 2..IP_HEADER + 4].fill(0);
    let sum = checksum(ICMPV6, out);
    out[IP_HEADER + 2..IP_HEADER + 4].copy_from_slice(&sum.to_be_bytes());
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_request_comes_back_with_a_valid_checksum() {
        let header =
            Header { next: ICMPV6, source: "fd7a::1".parse().unwrap(), destination: "fd7a::2".parse().unwrap() };
        let mut out = [0; 128];
        let length = answer(&header, &[ECHO_REQUEST, 0, 9, 9, 0, 7, 0, 1, b'h', b'i'], &mut out).unwrap();
        let (reply, message) = Header::parse(&out[..length]).unwrap();
        assert_eq!((reply.source, reply.destination), (header.destination, header.source));
        assert_eq!((message[0], &message[4..]), (ECHO_REPLY, &[0, 7, 0, 1, b'h', b'i'][..]));
        assert_eq!(checksum(ICMPV6, &out[..length]), 0, "the sum over all, checksum included, is zero");
        assert_eq!(answer(&header, &[ECHO_REPLY, 0, 0, 0, 0, 7, 0, 1], &mut out), None);
    }
}
