use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_tungstenite::WebSocketStream as Peer;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::WebSocketStream;

/// Our server end and a client end of another implementation, over a pipe that splits what it carries.
async fn pair(pipe_bytes: usize) -> (WebSocketStream<DuplexStream>, Peer<DuplexStream>) {
    let (near, far) = duplex(pipe_bytes);
    (WebSocketStream::server(near), Peer::from_raw_socket(far, Role::Client, None).await)
}

#[tokio::test]
async fn messages_become_one_stream_however_they_are_cut() {
    for pipe_bytes in [3, 64, 100_000] {
        let (mut server, mut client) = pair(pipe_bytes).await;
        let sent: Vec<u8> = (0..100_000u32).map(|index| (index % 251) as u8).collect();
        let expected = sent.clone();
        let sending = async move {
            for part in [&sent[..0], &sent[..1], &sent[1..126], &sent[126..70_000], &sent[70_000..]] {
                client.send(Message::binary(part.to_vec())).await.unwrap();
            }
            client
        };
        let mut received = vec![0; expected.len()];
        let (result, _client) = tokio::join!(server.read_exact(&mut received), sending);
        result.unwrap();
        assert!(received == expected, "{pipe_bytes}");
    }
}

#[tokio::test]
async fn what_is_written_arrives_in_binary_messages() {
    for pipe_bytes in [3, 64, 100_000] {
        let (mut server, mut client) = pair(pipe_bytes).await;
        let sent: Vec<u8> = (0..50_000u32).map(|index| (index % 253) as u8).collect();
        let expected = sent.clone();
        let writing = async move {
            server.write_all(&sent).await.unwrap();
            server.shutdown().await.unwrap();
            server
        };
        let reading = async move {
            let mut received = Vec::new();
            while let Some(Ok(Message::Binary(part))) = client.next().await {
                assert!(part.len() <= super::MAX_MESSAGE_BYTES);
                received.extend_from_slice(&part);
            }
            received
        };
        let (_server, received) = tokio::join!(writing, reading);
        assert!(received == expected, "{pipe_bytes}");
    }
}

#[tokio::test]
async fn pings_are_answered_between_messages() {
    let (mut server, mut client) = pair(1000).await;
    client.send(Message::Ping(b"1"[..].into())).await.unwrap();
    client.send(Message::binary(b"x".to_vec())).await.unwrap();
    assert_eq!(server.read_u8().await.unwrap(), b'x');
    server.write_all(b"y").await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Pong(b"1"[..].into()));
    assert_eq!(client.next().await.unwrap().unwrap(), Message::binary(b"y".to_vec()));
}

#[tokio::test]
async fn a_close_of_the_client_is_the_end_and_is_echoed() {
    let (mut server, mut client) = pair(1000).await;
    client.close(None).await.unwrap();
    assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    server.shutdown().await.unwrap();
    assert!(matches!(client.next().await, Some(Ok(Message::Close(_)))));
    assert!(client.next().await.is_none());
}

#[tokio::test]
async fn frames_without_a_mask_or_of_text_are_refused() {
    for bytes in [&[0x82u8, 1, 7, 0, 0, 0, 0][..], &[0x81, 0x81, 0, 0, 0, 0, b'x'], &[0xC2, 0x80, 0, 0, 0, 0]] {
        let (near, mut far) = duplex(100);
        far.write_all(bytes).await.unwrap();
        let error = WebSocketStream::server(near).read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    }
}
