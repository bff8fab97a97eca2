//! One connection from its handshake to its end. Reading and writing share one task.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use warren_derp::{Accepted, Decoder, Frame, ServerHandshake, ServerInfo};
use warren_disco::random_nonce;

use crate::client::Client;
use crate::defaults;
use crate::error::ServeError;
use crate::queue::Batch;
use crate::relay::Relay;
use crate::stats::{DropReason, PacketKind};

mod incoming;

use incoming::Incoming;

/// Runs the connection. `Ok` when the peer closed the stream or the relay ended it in order.
pub(crate) async fn run<I>(relay: &Arc<Relay>, io: I, stopping: &CancellationToken) -> Result<(), ServeError>
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let (mut read, mut write) = tokio::io::split(io);
    let mut receive = Receive::new();
    let handshake = timeout(defaults::HANDSHAKE_TIMEOUT, greet(relay, &mut receive, &mut read, &mut write));
    let accepted = tokio::select! {
        accepted = handshake => accepted.map_err(|_| ServeError::HandshakeTimeout)??,
        () = stopping.cancelled() => return Err(ServeError::ShuttingDown),
    };
    let mesh = match (&accepted.info.mesh_key, &relay.mesh_key) {
        (Some(given), Some(own)) => own.matches(given),
        _ => false,
    };
    let registered = Registered { relay, client: relay.register(accepted.client, mesh) };
    let client = &registered.client;
    let mut batch = Batch { frames: vec![accepted.reply], ..Batch::default() };
    write_batch(&mut write, &mut batch).await?;
    flush(&mut write).await?;

    let outcome = tokio::select! {
        outcome = read_frames(relay, client, &mut receive, &mut read) => outcome,
        outcome = write_frames(relay, client, &mut write) => outcome,
        () = stopping.cancelled() => Err(ServeError::ShuttingDown),
    };
    drop(registered);
    let _ = timeout(defaults::WRITE_TIMEOUT, write.shutdown()).await;
    outcome
}

/// Takes the client off the books however the session ends.
struct Registered<'a> {
    relay: &'a Relay,
    client: Arc<Client>,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.relay.unregister(&self.client);
    }
}

async fn greet<R, W>(relay: &Relay, receive: &mut Receive, read: &mut R, write: &mut W) -> Result<Accepted, ServeError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let handshake = ServerHandshake::new(&relay.key);
    write.write_all(&handshake.greeting()).await?;
    write.flush().await?;
    loop {
        while let Some(frame) = receive.decoder.next_frame(&mut receive.buffer)? {
            let accepted = handshake.handle_frame(&frame, &ServerInfo::default(), random_nonce())?;
            if let Some(accepted) = accepted {
                return Ok(accepted);
            }
        }
        if receive.buffer.len() > defaults::HANDSHAKE_BYTES {
            return Err(ServeError::HandshakeTooLong);
        }
        if receive.fill(read).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
}

async fn read_frames<R>(
    relay: &Relay,
    client: &Arc<Client>,
    receive: &mut Receive,
    read: &mut R,
) -> Result<(), ServeError>
where
    R: AsyncRead + Unpin,
{
    let mut incoming = Incoming::new(relay, client);
    loop {
        let now = Instant::now();
        while let Some(raw) = receive.decoder.next_raw(&mut receive.buffer)? {
            incoming.handle(raw, now)?;
        }
        if incoming.end_of_chunk() {
            // A receiver falls behind: let its writer run before more is read.
            tokio::task::yield_now().await;
        }
        let length = match timeout(defaults::IDLE_AFTER, receive.fill(read)).await {
            Ok(length) => length?,
            Err(_) => {
                receive.give_back_memory();
                receive.fill(read).await?
            }
        };
        if length == 0 {
            return Ok(());
        }
    }
}

/// The receive buffer: small while idle, grows while reads fill it.
struct Receive {
    decoder: Decoder,
    buffer: BytesMut,
    chunk: usize,
}

impl Receive {
    fn new() -> Self {
        Self { decoder: Decoder::new(), buffer: BytesMut::new(), chunk: defaults::IDLE_READ_BYTES }
    }

    /// One read; 0 at the end of the stream. Dropping the future loses nothing.
    async fn fill(&mut self, read: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
        self.buffer.reserve(self.chunk);
        let room = self.buffer.capacity() - self.buffer.len();
        let length = read.read_buf(&mut self.buffer).await?;
        if length == room && self.chunk < defaults::BUSY_READ_BYTES {
            self.chunk *= 4;
            self.chunk = self.chunk.min(defaults::BUSY_READ_BYTES);
        }
        Ok(length)
    }

    fn give_back_memory(&mut self) {
        self.chunk = defaults::IDLE_READ_BYTES;
        self.buffer = BytesMut::from(&self.buffer[..]);
    }
}

async fn write_frames<W>(relay: &Relay, client: &Client, write: &mut W) -> Result<(), ServeError>
where
    W: AsyncWrite + Unpin,
{
    let jitter = rand::random_range(std::time::Duration::ZERO..=defaults::KEEP_ALIVE_JITTER);
    let interval = defaults::KEEP_ALIVE_INTERVAL + jitter;
    let mut keep_alive = tokio::time::interval_at(Instant::now() + interval, interval);
    loop {
        let more = tokio::select! {
            more = client.queue.wait() => more,
            _ = keep_alive.tick() => client.queue.push_control(&Frame::KeepAlive),
        };
        if !more {
            return Ok(());
        }
        let mut batch = Batch::default();
        loop {
            client.queue.take(&mut batch);
            if batch.frames.is_empty() {
                break;
            }
            if let Err(error) = write_batch(write, &mut batch).await {
                for kind in [PacketKind::Disco, PacketKind::Other] {
                    relay.stats.dropped(DropReason::WriteError, kind, batch.packets[kind as usize]);
                }
                return Err(error);
            }
            account(relay, &batch);
            batch.clear();
        }
        flush(write).await?;
    }
}

fn account(relay: &Relay, batch: &Batch) {
    let stats = &relay.stats;
    stats.packets_sent.fetch_add(batch.packets.iter().sum(), Relaxed);
    stats.bytes_sent.fetch_add(batch.packet_bytes, Relaxed);
    stats.sent_pong.fetch_add(batch.pongs, Relaxed);
    if let Some(oldest) = batch.oldest {
        stats.queued_for(oldest.elapsed());
    }
}

/// Writes all frames of the batch; the time limit starts anew with every byte of progress.
async fn write_batch(write: &mut (impl AsyncWrite + Unpin), batch: &mut Batch) -> Result<(), ServeError> {
    let mut frames: &mut [Bytes] = &mut batch.frames;
    while !frames.is_empty() {
        // The slices live for one attempt, not while this waits: idle connections would carry their kilobyte.
        let attempt = poll_fn(|cx| {
            let mut slices = [IoSlice::new(&[]); defaults::WRITE_BATCH_FRAMES];
            let count = frames.len().min(slices.len());
            for (slice, frame) in slices.iter_mut().zip(frames.iter()) {
                *slice = IoSlice::new(frame);
            }
            Pin::new(&mut *write).poll_write_vectored(cx, &slices[..count])
        });
        let written = timeout(defaults::WRITE_TIMEOUT, attempt);
        let mut written = written.await.map_err(|_| ServeError::WriteTimeout)??;
        if written == 0 {
            return Err(io::Error::from(io::ErrorKind::WriteZero).into());
        }
        let mut done = 0;
        for frame in frames.iter_mut() {
            let part = written.min(frame.len());
            frame.advance(part);
            written -= part;
            if !frame.is_empty() {
                break;
            }
            done += 1;
        }
        frames = &mut frames[done..];
    }
    Ok(())
}

async fn flush(write: &mut (impl AsyncWrite + Unpin)) -> Result<(), ServeError> {
    timeout(defaults::WRITE_TIMEOUT, write.flush()).await.map_err(|_| ServeError::WriteTimeout)??;
    Ok(())
}

impl Batch {
    fn clear(&mut self) {
        let mut frames = std::mem::take(&mut self.frames);
        frames.clear();
        *self = Self { frames, ..Self::default() };
    }
}
