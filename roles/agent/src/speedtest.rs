//! The speed test inside the tunnel, TCP port 3 (agent.md §23).

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::time::Instant;

const VERSION: i64 = 2;
const BLOCK: usize = 2 << 20;
/// The longest test that a client may ask for.
const MAX_DURATION: Duration = Duration::from_secs(60);
const MAX_REQUEST: u64 = 4096;

#[derive(Deserialize)]
struct Request {
    version: i64,
    /// Nanoseconds.
    time: u64,
    /// 0 = we send, 1 = we receive.
    direction: i64,
}

#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
}

/// Serves one test.
pub async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let (read, mut write) = tokio::io::split(stream);
    let mut reader = BufReader::new(read.take(MAX_REQUEST));
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    let request: Request = serde_json::from_str(&line)?;
    let error = if request.version == VERSION {
        String::new()
    } else {
        format!("version mismatch! Server is version {VERSION}, client is version {}", request.version)
    };
    let refused = !error.is_empty();
    let mut answer = serde_json::to_vec(&Answer { error })?;
    answer.push(b'\n');
    write.write_all(&answer).await?;
    if refused {
        return write.shutdown().await;
    }
    let duration = Duration::from_nanos(request.time).min(MAX_DURATION);
    if request.direction == 0 {
        let mut block = vec![0u8; BLOCK];
        rand::fill(&mut block[..]);
        let end = Instant::now() + duration;
        while Instant::now() < end {
            write.write_all(&block).await?;
        }
        return write.shutdown().await;
    }
    let mut read = reader.into_inner().into_inner();
    let mut buffer = vec![0u8; 64 * 1024];
    let receive = async {
        while read.read(&mut buffer).await? > 0 {}
        io::Result::Ok(())
    };
    tokio::time::timeout(duration * 4, receive).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}
