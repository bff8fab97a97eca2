//! The byte pipe between standard input and output and a connection: what OpenSSH's `ProxyCommand` wants.

use std::io;
use std::time::Duration;

use anyhow::Result;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Large enough for whole windows, small enough for a terminal.
const BUFFER_BYTES: usize = 128 << 10;
/// How long the other end may go on after ours has ended.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// Copies both ways until the connection ends. The end of input half-closes the connection and what is left is still read.
/// Whoever started this program may go away at any time: that is an end like any other, not a failure.
pub async fn copy<S>(stream: S, input: impl AsyncRead + Unpin, output: impl AsyncWrite + Unpin) -> Result<()>
where
    S: AsyncRead + AsyncWrite,
{
    let (reader, writer) = tokio::io::split(stream);
    let outgoing = pump(input, writer);
    let incoming = pump(reader, output);
    tokio::pin!(outgoing, incoming);
    let ended = tokio::select! {
        ended = &mut incoming => ended,
        ended = &mut outgoing => match ended {
            Ok(()) => match tokio::time::timeout(DRAIN_LIMIT, incoming).await {
                Ok(ended) => ended,
                // The other end keeps the connection although we said that we are done.
                Err(_) => Ok(()),
            },
            Err(Broken::Source(error)) if is_gone(&error) => Ok(()),
            broken => broken,
        }
    };
    match ended {
        Err(Broken::Target(error)) if is_gone(&error) => Ok(()),
        Err(Broken::Source(error) | Broken::Target(error)) => Err(error.into()),
        Ok(()) => Ok(()),
    }
}

/// Which end of a pump failed.
enum Broken {
    Source(io::Error),
    Target(io::Error),
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

/// Copies one way and ends the writer after the last byte. Flushes whenever the reader has nothing more at once.
async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> Result<(), Broken> {
    let mut buffer = vec![0u8; BUFFER_BYTES];
    loop {
        let count = from.read(&mut buffer).await.map_err(Broken::Source)?;
        if count == 0 {
            return to.shutdown().await.map_err(Broken::Target);
        }
        to.write_all(&buffer[..count]).await.map_err(Broken::Target)?;
        to.flush().await.map_err(Broken::Target)?;
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

    /// An output whose reader was killed.
    struct Gone;

    impl AsyncWrite for Gone {
        fn poll_write(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &[u8],
        ) -> std::task::Poll<io::Result<usize>> {
            std::task::Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }

        fn poll_shutdown(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            std::task::Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }
    }

    #[tokio::test]
    async fn an_ssh_client_that_was_killed_is_no_error() {
        let (near, mut far) = tokio::io::duplex(64);
        far.write_all(b"nobody reads this").await.expect("write");
        let (input, _open) = tokio::io::duplex(1);
        copy(near, input, Gone).await.expect("a silent end");
    }

    #[tokio::test]
    async fn a_tunnel_that_breaks_is_an_error() {
        let near = reset_connection();
        let (input, _open) = tokio::io::duplex(1);
        copy(near, input, tokio::io::sink()).await.expect_err("the connection was reset");
    }

    /// A connection whose other end resets it.
    fn reset_connection() -> impl AsyncRead + AsyncWrite {
        let reader = tokio_util::io::StreamReader::new(futures_util::stream::iter([Err::<bytes::Bytes, _>(
            io::Error::from(io::ErrorKind::ConnectionReset),
        )]));
        tokio::io::join(reader, Gone)
    }
}
