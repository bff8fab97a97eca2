//! Metadata of a call: repeated entries of a key and a value.

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::Violation;
use crate::varint;

const ENTRY: u8 = 0x0a;
const KEY: u8 = 0x0a;
const VALUE: u8 = 0x12;

/// Reads the data of an InvokeMetadata packet.
///
/// # Errors
/// Anything but entries of a key and a value in UTF-8.
pub fn decode(mut data: &[u8]) -> Result<Vec<(String, String)>, Violation> {
    let mut entries = Vec::new();
    while !data.is_empty() {
        let mut entry = field(&mut data, ENTRY)?;
        let (mut key, mut value) = (String::new(), String::new());
        while let Some(tag) = entry.first().copied() {
            let text = field(&mut entry, tag)?;
            let text = std::str::from_utf8(text).map_err(|_| Violation::Metadata)?.to_owned();
            match tag {
                KEY => key = text,
                VALUE => value = text,
                _ => return Err(Violation::Metadata),
            }
        }
        entries.push((key, value));
    }
    Ok(entries)
}

/// The data of an InvokeMetadata packet.
pub fn encode<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Bytes {
    let mut out = BytesMut::new();
    for (key, value) in entries {
        let mut entry = BytesMut::new();
        put(&mut entry, KEY, key.as_bytes());
        put(&mut entry, VALUE, value.as_bytes());
        put(&mut out, ENTRY, &entry);
    }
    out.freeze()
}

fn put(out: &mut BytesMut, tag: u8, data: &[u8]) {
    out.put_u8(tag);
    varint::encode(data.len() as u64, out);
    out.put_slice(data);
}

fn field<'a>(data: &mut &'a [u8], tag: u8) -> Result<&'a [u8], Violation> {
    let (found, rest) = data.split_first().ok_or(Violation::Metadata)?;
    if *found != tag {
        return Err(Violation::Metadata);
    }
    let (len, used) = varint::decode(rest)?.ok_or(Violation::Metadata)?;
    let rest = rest.get(used..).unwrap_or_default();
    let len = usize::try_from(len).map_err(|_| Violation::Metadata)?;
    let (value, rest) = rest.split_at_checked(len).ok_or(Violation::Metadata)?;
    *data = rest;
    Ok(value)
}
