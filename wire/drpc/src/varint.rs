//! Little-endian base-128 numbers.

use bytes::{BufMut, BytesMut};

use crate::error::Violation;

/// Bytes of the longest number.
pub const MAX_LEN: usize = 10;

/// Reads a number from the front of `input`: the value and how many bytes it took, `None` when more are needed.
///
/// # Errors
/// More than ten bytes, or more than 64 bits.
pub fn decode(input: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    let mut value = 0u64;
    for (i, byte) in input.iter().take(MAX_LEN).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shift = 7 * i;
        if shift == 63 && bits > 1 {
            return Err(Violation::Varint);
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(Some((value, i + 1)));
        }
    }
    if input.len() >= MAX_LEN { Err(Violation::Varint) } else { Ok(None) }
}

/// Appends a number.
pub fn encode(mut value: u64, out: &mut BytesMut) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.put_u8(byte);
            return;
        }
        out.put_u8(byte | 0x80);
    }
}
