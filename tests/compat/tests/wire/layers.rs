//! The layers of one connection fit together: each is what is inside the one below it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use bytes::BytesMut;
use warren_compat::golden::wire_lines;
use warren_drpc::PacketReader;
use warren_yamux::frame::{Flags, HEADER_LEN, Header, Kind};
use warren_yamux::{Config, Read, Role, Session, StreamId};

use crate::frames::parse_websocket;
use crate::{FILES, select};

/// Connections and directions without cut frames: the payloads of websocket frames are the yamux stream, which our
/// session accepts in pieces of any size; what it hands out are the dRPC frames, which our reader joins to packets.
#[test]
fn each_layer_is_the_payload_of_the_one_below() {
    for file in FILES {
        let Some(lines) = wire_lines(file) else { return };
        let conns: BTreeSet<_> = lines.iter().filter(|l| l.layer == "yamux").map(|l| l.conn.as_str()).collect();
        let (mut directions, mut cut, mut packets) = (0, 0, 0);
        for (conn, dir) in conns.iter().flat_map(|conn| [(*conn, "c2s"), (*conn, "s2c")]) {
            if lines.iter().any(|l| l.conn == conn && l.dir == dir && l.cut.is_some()) {
                cut += 1;
                continue;
            }
            directions += 1;
            let joined: Vec<u8> = select(&lines, conn, dir, "ws")
                .filter(|l| l.word("op") == Some("binary"))
                .flat_map(|l| parse_websocket(&l.bytes()).0.payload)
                .collect();
            let yamux: Vec<u8> = select(&lines, conn, dir, "yamux").flat_map(|l| l.bytes()).collect();
            // A connection may end in the middle of a frame, which then is no line.
            let rest = joined.strip_prefix(&*yamux).unwrap_or_else(|| panic!("{file} {conn} {dir}: other bytes"));
            assert!(is_part_of_frame(rest), "{file} {conn} {dir}: a frame is missing");

            let mut drpc: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
            for line in select(&lines, conn, dir, "drpc") {
                drpc.entry(line.number("stream").expect("a stream")).or_default().extend(line.bytes());
            }
            let received = if dir == "c2s" { as_server(&yamux) } else { as_client(&yamux) };
            assert_eq!(received, drpc, "{file} {conn} {dir}");

            let frames = select(&lines, conn, dir, "drpc").filter(|l| l.number("done") == Some(1)).count();
            let joined: usize = received.values().map(|bytes| count_packets(bytes)).sum();
            assert_eq!(joined, frames, "{file} {conn} {dir}");
            packets += joined;
        }
        println!(
            "{file}: {directions} directions of {} connections, {packets} packets ({cut} directions are cut)",
            conns.len()
        );
    }
}

fn is_part_of_frame(bytes: &[u8]) -> bool {
    bytes.split_first_chunk::<HEADER_LEN>().is_none_or(|(head, payload)| {
        let header = Header::decode(*head).expect("valid");
        header.kind == Kind::Data && payload.len() < header.length as usize
    })
}

/// Feeds what a client sent to our server side, three bytes at a time; what each stream carried.
fn as_server(bytes: &[u8]) -> BTreeMap<u64, Vec<u8>> {
    let now = Instant::now();
    let mut session = Session::new(Role::Server, Config::default(), now);
    let mut streams = BTreeMap::new();
    let mut open = Vec::new();
    for piece in bytes.chunks(3) {
        session.receive(piece, now).expect("accepted");
        while let Some(id) = session.accept() {
            open.push(id);
        }
        read_all(&mut session, &open, &mut streams);
        session.transmit(&mut BytesMut::new(), usize::MAX);
    }
    streams
}

/// Feeds what a server sent to our client side, which first opens the streams that occur in it.
fn as_client(bytes: &[u8]) -> BTreeMap<u64, Vec<u8>> {
    let now = Instant::now();
    let mut session = Session::new(Role::Client, Config::default(), now);
    let last = stream_ids(bytes).into_iter().max().unwrap_or(0);
    let mut streams = BTreeMap::new();
    let mut open = Vec::new();
    while open.last().is_none_or(|id: &StreamId| id.0 < last) {
        open.push(session.open(now).expect("opened"));
    }
    session.transmit(&mut BytesMut::new(), usize::MAX);
    for piece in bytes.chunks(5) {
        session.receive(piece, now).expect("accepted");
        read_all(&mut session, &open, &mut streams);
    }
    streams
}

fn stream_ids(mut bytes: &[u8]) -> Vec<u32> {
    let mut ids = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<HEADER_LEN>() {
        let header = Header::decode(*head).expect("valid");
        assert!(!header.flags.has(Flags::SYN) || header.stream.0 == 0, "servers open no streams");
        let payload = if header.kind == Kind::Data { header.length as usize } else { 0 };
        ids.push(header.stream.0);
        bytes = &rest[payload..];
    }
    ids
}

fn read_all(session: &mut Session, open: &[StreamId], streams: &mut BTreeMap<u64, Vec<u8>>) {
    for id in open {
        while let Read::Data(data) = session.read(*id, usize::MAX) {
            streams.entry(id.0.into()).or_default().extend_from_slice(&data);
        }
    }
}

fn count_packets(bytes: &[u8]) -> usize {
    let mut reader = PacketReader::new();
    let mut count = 0;
    for piece in bytes.chunks(7) {
        let mut input = piece;
        while reader.next(&mut input).expect("valid packets").is_some() {
            count += 1;
        }
    }
    assert!(reader.is_empty(), "the last packet is whole");
    count
}
