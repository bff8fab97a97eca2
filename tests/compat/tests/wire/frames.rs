//! Single frames: decode, compare, encode again.

use std::io::Cursor;

use bytes::BytesMut;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use warren_compat::golden::WireLine;
use warren_drpc::frame::Head;
use warren_drpc::{Kind as PacketKind, PacketReader};
use warren_yamux::frame::{Flags, HEADER_LEN, Header, Kind};

/// A websocket frame: its header, and its payload without the mask.
pub struct WsFrame {
    pub header: FrameHeader,
    pub payload: Vec<u8>,
}

/// Reads a websocket frame; a cut one gives the payload that there is.
pub fn parse_websocket(bytes: &[u8]) -> (WsFrame, u64) {
    let mut cursor = Cursor::new(bytes);
    let (header, length) = FrameHeader::parse(&mut cursor).expect("a valid header").expect("a whole header");
    let start = usize::try_from(cursor.position()).expect("small");
    let mut payload = bytes[start..].to_vec();
    mask(&mut payload, header.mask);
    (WsFrame { header, payload }, length)
}

fn mask(data: &mut [u8], key: Option<[u8; 4]>) {
    if let Some(key) = key {
        data.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    }
}

pub fn websocket(line: &WireLine, at: &str) {
    let bytes = line.bytes();
    let (frame, length) = parse_websocket(&bytes);
    let op = match frame.header.opcode {
        OpCode::Data(Data::Binary) => "binary",
        OpCode::Data(Data::Text) => "text",
        OpCode::Data(_) => "continuation",
        OpCode::Control(Control::Close) => "close",
        OpCode::Control(Control::Ping) => "ping",
        OpCode::Control(Control::Pong) => "pong",
        OpCode::Control(_) => "?",
    };
    assert_eq!(line.word("op"), Some(op), "{at}");
    assert_eq!(line.number("len"), Some(length), "{at}");
    assert_eq!(line.number("fin"), Some(frame.header.is_final.into()), "{at}");
    assert_eq!(line.number("masked"), Some(frame.header.mask.is_some().into()), "{at}");
    assert_eq!(line.word("mask").map(str::to_owned), frame.header.mask.map(hex::encode), "{at}");
    if op == "close" {
        let code = frame.payload.first_chunk::<2>().map(|c| u64::from(u16::from_be_bytes(*c)));
        assert_eq!(line.number("code"), code, "{at}");
        assert_eq!(line.word("reason").map(str::as_bytes), frame.payload.get(2..), "{at}");
    }
    let mut again = Vec::new();
    frame.header.format(length, &mut again).expect("formatted");
    let mut payload = frame.payload;
    mask(&mut payload, frame.header.mask);
    again.extend(payload);
    assert_eq!(again, bytes, "{at}");
}

pub fn yamux(line: &WireLine, at: &str) {
    let bytes = line.bytes();
    let (head, payload) = bytes.split_first_chunk::<HEADER_LEN>().expect("a whole header");
    let header = Header::decode(*head).expect("a valid header");
    let kind = match header.kind {
        Kind::Data => "data",
        Kind::WindowUpdate => "window_update",
        Kind::Ping => "ping",
        Kind::GoAway => "go_away",
    };
    let names = [(Flags::SYN, "SYN"), (Flags::ACK, "ACK"), (Flags::FIN, "FIN"), (Flags::RST, "RST")];
    let flags: Vec<_> = names.iter().filter(|(flag, _)| header.flags.has(*flag)).map(|(_, name)| *name).collect();
    assert_eq!(line.word("type"), Some(kind), "{at}");
    assert_eq!(line.decoded["flags"], serde_json::json!(flags), "{at}");
    assert_eq!(line.number("stream"), Some(header.stream.0.into()), "{at}");
    assert_eq!(line.number("length"), Some(header.length.into()), "{at}");
    if kind == "data" {
        let full = line.cut.unwrap_or(bytes.len() as u64);
        assert_eq!(full, HEADER_LEN as u64 + u64::from(header.length), "{at}");
    }
    let mut again = BytesMut::new();
    header.encode(&mut again);
    again.extend_from_slice(payload);
    assert_eq!(again, bytes, "{at}");
}

pub fn drpc(line: &WireLine, at: &str) {
    let bytes = line.bytes();
    let (head, used) = Head::decode(&bytes).expect("a valid head").expect("a whole head");
    let kind = PacketKind::from_number(head.kind).expect("a known kind");
    assert_eq!(line.word("kind"), Some(kind.name()), "{at}");
    assert_eq!(line.number("done"), Some(head.done.into()), "{at}");
    assert_eq!(line.number("control"), Some(head.control.into()), "{at}");
    assert_eq!(line.number("rpc_stream"), Some(head.stream), "{at}");
    assert_eq!(line.number("message"), Some(head.message), "{at}");
    assert_eq!(line.number("len"), Some(head.len), "{at}");
    assert_eq!(line.cut.unwrap_or(bytes.len() as u64), used as u64 + head.len, "{at}");
    let data = &bytes[used..];
    if kind == PacketKind::Invoke {
        assert_eq!(line.word("rpc").map(str::as_bytes), Some(data), "{at}");
    }
    let mut again = BytesMut::new();
    head.encode(&mut again);
    again.extend_from_slice(data);
    assert_eq!(again, bytes, "{at}");
    // A whole packet in one frame is what our writer would have written.
    if head.done && line.cut.is_none() {
        let mut input = &bytes[..];
        if let Ok(Some(packet)) = PacketReader::new().next(&mut input) {
            let mut again = BytesMut::new();
            packet.encode(&mut again);
            assert_eq!(again, bytes, "{at}");
        }
    }
}
