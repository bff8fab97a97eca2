//! Recorded connections to an official relay: every frame through our codecs, and through our relay.

mod boxes;
mod coordination;
mod frames;
mod replay;
mod websocket;

use bytes::BytesMut;
use warren_compat::golden::WireLine;
use warren_derp::{Decoder, Frame};

const FILE: &str = "wire-derp.jsonl";

/// The lines of one layer, connection and direction, in order.
fn select<'a>(
    lines: &'a [WireLine],
    conn: &'a str,
    dir: &'a str,
    layer: &'a str,
) -> impl Iterator<Item = &'a WireLine> {
    lines.iter().filter(move |line| line.conn == conn && line.dir == dir && line.layer == layer)
}

/// The one frame of a `derp` line.
fn frame_of(line: &WireLine) -> Frame {
    let mut buffer = BytesMut::from(&line.bytes()[..]);
    let frame = Decoder::new().next_frame(&mut buffer).expect("valid").expect("complete");
    assert!(buffer.is_empty(), "more than one frame");
    frame
}
