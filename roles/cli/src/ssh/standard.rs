//! Standard input and output for tasks. A thread of its own does the blocking calls, so that a slow terminal or pipe never
//! holds up the tunnel; the queues between are bounded. The echo of a key is not worth waking a thread: what is short and
//! can be written at once is.

#[cfg(not(unix))]
use std::io::Read;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::unfold;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio_util::io::StreamReader;
use tokio_util::sync::PollSender;

const CHUNK_BYTES: usize = 64 << 10;
const QUEUED_CHUNKS: usize = 16;

/// Standard input. The thread ends with the input, or with the process.
pub fn input() -> impl AsyncRead + Unpin {
    let (sender, receiver) = mpsc::channel::<std::io::Result<Bytes>>(QUEUED_CHUNKS);
    std::thread::spawn(move || {
        let mut buffer = vec![0u8; CHUNK_BYTES];
        loop {
            let item = match read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => Ok(Bytes::copy_from_slice(&buffer[..count])),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let failed = item.is_err();
            if sender.blocking_send(item).is_err() || failed {
                return;
            }
        }
    });
    let stream = unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) });
    StreamReader::new(Box::pin(stream))
}

/// Without the buffer of the standard library: it would copy everything once more.
fn read(buffer: &mut [u8]) -> std::io::Result<usize> {
    #[cfg(unix)]
    return nix::unistd::read(std::io::stdin(), buffer).map_err(std::io::Error::from);
    #[cfg(not(unix))]
    return std::io::stdin().lock().read(buffer);
}

/// Standard output. `shutdown` waits until everything is written.
pub fn output() -> Output {
    let (sender, mut receiver) = mpsc::channel::<Vec<u8>>(QUEUED_CHUNKS);
    let (finished, done) = oneshot::channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let written = waiting.clone();
    std::thread::spawn(move || {
        let mut stdout = std::io::stdout().lock();
        let mut outcome = Ok(());
        while let Some(chunk) = receiver.blocking_recv() {
            outcome = stdout.write_all(&chunk).and_then(|()| stdout.flush());
            written.fetch_sub(1, Ordering::Release);
            if outcome.is_err() {
                break;
            }
        }
        let _ = finished.send(outcome);
    });
    Output { sender: PollSender::new(sender), waiting, done: Some(done) }
}

/// See [`output`].
pub struct Output {
    sender: PollSender<Vec<u8>>,
    /// Chunks that the thread has not written yet.
    waiting: Arc<AtomicUsize>,
    done: Option<oneshot::Receiver<std::io::Result<()>>>,
}

/// Writes a short chunk if that cannot block: a pipe that is writable takes this much at once.
#[cfg(unix)]
fn write_now(bytes: &[u8]) -> Option<std::io::Result<usize>> {
    use std::os::fd::AsFd;

    use nix::errno::Errno;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    const AT_ONCE: usize = 4096;
    if bytes.len() > AT_ONCE {
        return None;
    }
    let stdout = std::io::stdout();
    let mut ready = [PollFd::new(stdout.as_fd(), PollFlags::POLLOUT)];
    let writable = poll(&mut ready, PollTimeout::ZERO) == Ok(1)
        && ready[0].revents().is_some_and(|events| events.contains(PollFlags::POLLOUT));
    match writable.then(|| nix::unistd::write(stdout.as_fd(), bytes))? {
        Err(Errno::EAGAIN | Errno::EINTR) => None,
        outcome => Some(outcome.map_err(std::io::Error::from)),
    }
}

#[cfg(not(unix))]
fn write_now(_: &[u8]) -> Option<std::io::Result<usize>> {
    None
}

fn broken<T>(_: T) -> std::io::Error {
    std::io::ErrorKind::BrokenPipe.into()
}

impl AsyncWrite for Output {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        if self.waiting.load(Ordering::Acquire) == 0
            && let Some(outcome) = write_now(bytes)
        {
            return Poll::Ready(outcome);
        }
        ready!(self.sender.poll_reserve(cx)).map_err(broken)?;
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.sender.send_item(bytes.to_vec()).map_err(broken)?;
        Poll::Ready(Ok(bytes.len()))
    }

    /// The thread writes whatever it has at once.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.sender.close();
        let Some(done) = &mut self.done else { return Poll::Ready(Ok(())) };
        let outcome = ready!(Pin::new(done).poll(cx));
        self.done = None;
        Poll::Ready(outcome.unwrap_or_else(|_| Err(broken(()))))
    }
}

/// Standard error: what is written there is short.
pub fn write_error(bytes: &[u8]) -> std::io::Result<()> {
    let mut stderr = std::io::stderr().lock();
    stderr.write_all(bytes)?;
    stderr.flush()
}
