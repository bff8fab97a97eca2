//! The byte pipe between standard input and output and a connection: what OpenSSH's `ProxyCommand` wants.

use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Large enough for whole windows, small enough for a terminal.
const BUFFER_BYTES: usize = 128 << 10;
/// How long the other end may go on after ours has ended.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// Copies both ways until the connection ends. The end of input half-closes the connection and what is left is still read.
pub async fn copy<S>(stream: S, input: impl AsyncRead + Unpin, output: impl AsyncWrite + Unpin) -> Result<()>
where
    S: AsyncRead + AsyncWrite,
{
    let (reader, writer) = tokio::io::split(stream);
    let outgoing = pump(input, writer);
    let incoming = pump(reader, output);
    tokio::pin!(outgoing, incoming);
    tokio::select! {
        result = &mut incoming => result.map(drop),
        result = &mut outgoing => {
            result?;
            match tokio::time::timeout(DRAIN_LIMIT, incoming).await {
                Ok(result) => result.map(drop),
                // The other end keeps the connection although we said that we are done.
                Err(_) => Ok(()),
            }
        }
    }
}

/// Copies one way and ends the writer after the last byte. Flushes whenever the reader has nothing more at once.
async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> Result<u64> {
    let mut buffer = vec![0u8; BUFFER_BYTES];
    let mut total = 0;
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            to.shutdown().await?;
            return Ok(total);
        }
        to.write_all(&buffer[..count]).await?;
        to.flush().await?;
        total += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_after_the_end_of_input_is_still_delivered() {
        let (near, mut far) = tokio::io::duplex(64);
        let server = async {
            let mut request = Vec::new();
            far.read_to_end(&mut request).await.expect("read");
            far.write_all(b"late answer").await.expect("write");
            drop(far);
            request
        };
        let mut output = Vec::new();
        let (copied, request) = tokio::join!(copy(near, &b"hello"[..], &mut output), server);
        copied.expect("copy");
        assert_eq!(request, b"hello");
        assert_eq!(output, b"late answer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_closes_is_left_after_a_while() {
        let (near, _far) = tokio::io::duplex(64);
        copy(near, &b""[..], tokio::io::sink()).await.expect("copy");
    }
}
