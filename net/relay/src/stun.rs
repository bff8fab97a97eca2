//! A STUN server: tells every asker its own address (RFC 8489, binding only).

use std::io;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;
use warren_disco::stun;

/// Answers binding requests until cancelled. Anything else is ignored; an answer is as long as a request, so that
/// the server amplifies nothing.
pub async fn serve(socket: UdpSocket, stop: CancellationToken) -> io::Result<()> {
    let mut datagram = [0; 512];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut datagram) => received,
            () = stop.cancelled() => return Ok(()),
        };
        // An error here belongs to an earlier answer (port unreachable), not to the socket.
        let Ok((length, source)) = received else { continue };
        if let Ok(transaction) = stun::decode_request(&datagram[..length]) {
            let _ = socket.send_to(&stun::encode_response(&transaction, source), source).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_asker_learns_its_address() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = serve(server, stop.clone());
        let asking = async {
            let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            client.send_to(b"noise", address).await.unwrap();
            let transaction = stun::TransactionId::random();
            client.send_to(&stun::encode_request(&transaction), address).await.unwrap();
            let mut answer = [0; 100];
            let (length, _) = client.recv_from(&mut answer).await.unwrap();
            let decoded = stun::decode_response(&answer[..length]).unwrap();
            assert_eq!(decoded, (transaction, client.local_addr().unwrap()));
            stop.cancel();
        };
        let (served, ()) = tokio::join!(serving, asking);
        served.unwrap();
    }
}
