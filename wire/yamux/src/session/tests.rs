//! The machine against hand-written frames, against itself, and against noise.

mod frames;
mod pair;
mod properties;
mod times;

use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::*;
use crate::frame::HEADER_LEN;

const WINDOW: u32 = 256 * 1024;

fn client() -> Session {
    Session::new(Role::Client, Config::default(), start())
}

fn server() -> Session {
    Session::new(Role::Server, Config::default(), start())
}

fn start() -> Instant {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *START.get_or_init(Instant::now)
}

fn at(seconds: u64) -> Instant {
    start() + Duration::from_secs(seconds)
}

fn frame(kind: Kind, flags: Flags, stream: u32, length: u32) -> Vec<u8> {
    let mut out = BytesMut::new();
    Header { kind, flags, stream: StreamId(stream), length }.encode(&mut out);
    out.to_vec()
}

fn data(stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = frame(Kind::Data, Flags::NONE, stream, payload.len() as u32);
    out.extend(payload);
    out
}

fn update(flags: Flags, stream: u32, delta: u32) -> Vec<u8> {
    frame(Kind::WindowUpdate, flags, stream, delta)
}

/// Everything that the session wants to send now.
fn sent(session: &mut Session) -> Vec<u8> {
    let mut out = BytesMut::new();
    session.transmit(&mut out, usize::MAX);
    out.to_vec()
}

/// The headers of what the session wants to send now.
fn sent_headers(session: &mut Session) -> Vec<Header> {
    let bytes = sent(session);
    let mut rest = &bytes[..];
    let mut headers = Vec::new();
    while let Some((head, after)) = rest.split_first_chunk::<HEADER_LEN>() {
        let header = Header::decode(*head).expect("own frames are valid");
        let payload = if header.kind == Kind::Data { header.length as usize } else { 0 };
        rest = &after[payload..];
        headers.push(header);
    }
    assert!(rest.is_empty());
    headers
}

fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

fn read(session: &mut Session, id: StreamId) -> Vec<u8> {
    match session.read(id, usize::MAX) {
        Read::Data(data) => data.to_vec(),
        Read::Pending => Vec::new(),
        end => panic!("nothing to read: {end:?}"),
    }
}
