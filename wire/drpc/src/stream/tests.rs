//! The order of packets of one RPC, on both sides.

use proptest::prelude::*;

use super::*;
use crate::PacketReader;

fn packet(kind: Kind, stream: u64, message: u64, data: &[u8]) -> Packet {
    Packet { kind, stream, message, data: Bytes::copy_from_slice(data) }
}

/// A client that has started its call.
fn caller() -> Stream {
    let mut stream = Stream::new(Side::Client, 1);
    stream.invoke("/a.B/C", &mut BytesMut::new());
    stream
}

/// A server that has seen the start of a call.
fn served() -> Stream {
    let mut stream = Stream::new(Side::Server, 1);
    let event = stream.handle(packet(Kind::Invoke, 1, 1, b"/a.B/C")).expect("allowed");
    assert_eq!(event, Event::Invoke { path: "/a.B/C".into(), metadata: Vec::new() });
    stream
}

#[test]
fn a_unary_call_has_the_bytes_of_the_specification() {
    let mut stream = Stream::new(Side::Client, 1);
    let mut out = BytesMut::new();
    stream.invoke("/coder.agent.v2.Agent/GetManifest", &mut out);
    assert!(stream.message(b"", &mut out));
    stream.close_send(&mut out);
    let expected = [b"\x03\x01\x01\x21/coder.agent.v2.Agent/GetManifest", &b"\x05\x01\x02\x00\x0d\x01\x03\x00"[..]];
    assert_eq!(out, expected.concat());
    assert_eq!(stream.handle(packet(Kind::Message, 1, 1, b"m")), Ok(Event::Message(Bytes::from_static(b"m"))));
    assert_eq!(stream.handle(packet(Kind::CloseSend, 1, 2, b"")), Ok(Event::End));
    assert!(stream.is_over());
    let mut out = BytesMut::new();
    stream.close(&mut out);
    assert_eq!(out, &b"\x0b\x01\x04\x00"[..], "the official callers close what is over");
    stream.close(&mut out);
    assert_eq!(out.len(), 4, "once");
}

#[test]
fn an_error_carries_code_and_text() {
    let mut out = BytesMut::new();
    served().error(&RpcError { code: 12, message: "no".into() }, &mut out);
    assert_eq!(out, &b"\x07\x01\x01\x0a\0\0\0\0\0\0\0\x0cno"[..]);
    let mut input = &out[..];
    let packet = PacketReader::new().next(&mut input).expect("valid").expect("whole");
    let mut caller = caller();
    let error = RpcError { code: 12, message: "no".into() };
    assert_eq!(caller.handle(packet), Ok(Event::Failed(error)));
    assert!(!caller.message(b"", &mut BytesMut::new()));
    assert_eq!(RpcError::decode(b"short"), Err(Violation::ErrorPayload));
}

#[test]
fn metadata_comes_with_the_call() {
    let mut out = BytesMut::new();
    let mut client = Stream::new(Side::Client, 1);
    client.invoke_metadata([("key", "value"), ("", "")], &mut out);
    client.invoke("/a.B/C", &mut out);
    let mut server = Stream::new(Side::Server, 1);
    let mut input = &out[..];
    let mut reader = PacketReader::new();
    let mut next = || reader.next(&mut input).expect("valid").expect("whole");
    assert_eq!(server.handle(next()), Ok(Event::Ignored));
    let metadata = vec![("key".to_owned(), "value".to_owned()), (String::new(), String::new())];
    assert_eq!(server.handle(next()), Ok(Event::Invoke { path: "/a.B/C".into(), metadata }));
}

#[test]
fn after_the_end_nothing_is_sent_and_packets_are_ignored() {
    for end in [Kind::Close, Kind::Cancel] {
        let mut stream = served();
        let event = stream.handle(packet(end, 1, 2, b"")).expect("allowed");
        assert_eq!(event, if end == Kind::Close { Event::Closed } else { Event::Cancelled });
        let mut out = BytesMut::new();
        assert!(!stream.message(b"late", &mut out));
        stream.close_send(&mut out);
        stream.close(&mut out);
        stream.error(&RpcError::new("late"), &mut out);
        assert!(out.is_empty());
        assert_eq!(stream.handle(packet(Kind::Message, 1, 3, b"")), Ok(Event::Ignored));
    }
}

#[test]
fn packets_out_of_place_are_violations() {
    let unexpected = |mut stream: Stream, packet| matches!(stream.handle(packet), Err(Violation::Unexpected(_)));
    assert!(unexpected(Stream::new(Side::Server, 1), packet(Kind::Message, 1, 1, b"")), "before the start");
    assert!(unexpected(served(), packet(Kind::Invoke, 1, 2, b"/a.B/C")), "a second start");
    assert!(unexpected(caller(), packet(Kind::Invoke, 1, 1, b"/a.B/C")), "a start by the server");
    assert!(unexpected(caller(), packet(Kind::Message, 2, 1, b"")), "of another call");
    let mut half_closed = served();
    half_closed.handle(packet(Kind::CloseSend, 1, 2, b"")).expect("allowed");
    assert!(unexpected(half_closed, packet(Kind::Message, 1, 3, b"")), "after the half close");
}

#[test]
fn a_server_takes_the_next_call_and_ignores_rests_of_older_ones() {
    let mut stream = Stream::new(Side::Server, 3);
    assert_eq!(stream.handle(packet(Kind::Close, 2, 4, b"")), Ok(Event::Ignored));
    let event = stream.handle(packet(Kind::Invoke, 5, 1, b"/a.B/C")).expect("allowed");
    assert_eq!(event, Event::Invoke { path: "/a.B/C".into(), metadata: Vec::new() });
    let mut out = BytesMut::new();
    stream.message(b"", &mut out);
    assert_eq!(out, &b"\x05\x05\x01\x00"[..], "answers carry the id of the call");
}

proptest! {
    #[test]
    fn any_packets_never_panic(
        client: bool,
        packets in prop::collection::vec((1u8..8, 0u64..4, prop::collection::vec(any::<u8>(), 0..20)), 0..20),
    ) {
        let mut stream = if client { caller() } else { Stream::new(Side::Server, 1) };
        for (kind, id, data) in packets {
            let kind = Kind::from_number(kind).expect("known");
            let _ = stream.handle(packet(kind, id, 1, &data));
            let mut out = BytesMut::new();
            let sent = stream.message(&data, &mut out);
            prop_assert_eq!(sent, !out.is_empty());
        }
    }

    #[test]
    fn metadata_survives_the_round_trip(entries in prop::collection::vec((".{0,10}", ".{0,200}"), 0..5)) {
        let data = metadata::encode(entries.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        prop_assert_eq!(metadata::decode(&data), Ok(entries));
    }

    #[test]
    fn metadata_of_any_bytes_never_panics(data in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = metadata::decode(&data);
    }
}
