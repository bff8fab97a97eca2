//! Recorded WebSocket connections through our WebSocket stream.

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use warren_compat::golden::wire_lines;
use warren_derp::Decoder;
use warren_relay::WebSocketStream;

use crate::{FILE, select};

/// What the official client put into masked messages comes out as the frames that were recorded a layer above, and
/// its close is answered as the official server answers it.
#[tokio::test]
async fn messages_of_an_official_client_become_its_frames() {
    let Some(lines) = wire_lines(FILE) else { return };
    for conn in ["client-derp-websocket", "client-derp-fallback-websocket"] {
        for pipe_bytes in [1, 1000, 1 << 20] {
            let sent: Vec<u8> = select(&lines, conn, "c2s", "ws").flat_map(|line| line.bytes()).collect();
            let expected: Vec<u8> = select(&lines, conn, "c2s", "derp").flat_map(|line| line.bytes()).collect();
            let (near, mut far) = duplex(pipe_bytes);
            let reading = async move {
                let mut stream = WebSocketStream::server(near);
                let mut received = Vec::new();
                stream.read_to_end(&mut received).await.unwrap();
                stream.shutdown().await.unwrap();
                received
            };
            let writing = async {
                far.write_all(&sent).await.unwrap();
                let mut answer = Vec::new();
                far.shutdown().await.unwrap();
                far.read_to_end(&mut answer).await.unwrap();
                answer
            };
            let (received, answer) = tokio::join!(reading, writing);
            // The last message of one recording is no line of the layer above.
            let rest = received.strip_prefix(&expected[..]).unwrap_or_else(|| panic!("{conn}: other bytes"));
            let mut buffer = BytesMut::from(rest);
            while Decoder::new().next_frame(&mut buffer).expect("valid").is_some() {}
            assert!(buffer.is_empty(), "{conn}: a frame is missing");
            assert_eq!(answer, [0x88, 2, 0x03, 0xE8], "{conn}: a close with status 1000");
        }
    }
}
