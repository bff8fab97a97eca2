//! One region's relay connection: a task that connects, serves the connection, and connects again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use warren_derp::{ClientHandshake, ClientInfo, ClientStep, Decoder, Frame};
use warren_disco::{NodePrivate, NodePublic, random_nonce};

use super::dial::{DialError, Dialer, Target};
use super::pipe::{ReadPipe, WritePipe};
use crate::core::RegionId;
use crate::defaults::{
    LANE_BUFFERS, PACKET_BATCH, RELAY_BACKOFF, RELAY_BACKOFF_LIMIT, RELAY_CONNECT_TIMEOUT, RELAY_READ_TIMEOUT,
    RELAY_RESTART_LIMIT, RELAY_RESTART_PAUSE, RELAY_WRITE_TIMEOUT,
};

/// What a relay connection tells the node.
pub(crate) struct Event {
    pub region: RegionId,
    /// Which of the links that the region has had.
    pub link: u64,
    pub kind: EventKind,
}

pub(crate) enum EventKind {
    Open,
    Closed,
    Packets(Vec<(NodePublic, Bytes)>),
    PeerGone(NodePublic),
    /// A buffer was written; here it is back.
    Written(Vec<u8>),
    /// The ordinary upgrade is refused here, for this reason.
    ForcedWebSocket(String),
}

/// Where events go.
#[derive(Clone)]
pub(crate) struct Reporter {
    pub region: RegionId,
    pub link: u64,
    pub events: mpsc::Sender<Event>,
}

impl Reporter {
    /// Owns what it needs, so that the compiler sees at once that the future may move between threads.
    fn tell(&self, kind: EventKind) -> impl Future<Output = Result<(), SessionError>> + Send + use<> {
        let event = Event { region: self.region, link: self.link, kind };
        let events = self.events.clone();
        async move { events.send(event).await.map_err(|_| SessionError::Ended) }
    }
}

/// What a connection needs to know.
pub(crate) struct Link {
    pub reporter: Reporter,
    pub targets: Vec<Target>,
    /// The relay is in this process.
    pub embedded: bool,
    pub force_websocket: bool,
    /// The node's home region: the relay is told so.
    pub home: Arc<AtomicBool>,
    pub key: NodePrivate,
    pub dialer: Dialer,
}

/// Runs until cancelled. `outbound` holds complete frames; what comes while there is no connection is dropped.
pub(crate) async fn run(mut link: Link, mut outbound: mpsc::Receiver<Vec<u8>>, cancel: CancellationToken) {
    let work = async {
        let mut pause = RELAY_BACKOFF;
        // While a relay that has announced its restart is away, it is tried often.
        let mut restarting: Option<Instant> = None;
        loop {
            let region = link.reporter.region;
            match timeout(RELAY_CONNECT_TIMEOUT, establish(&link)).await.unwrap_or(Err(SessionError::Timeout)) {
                Ok(session) => {
                    tracing::info!(region, websocket = link.force_websocket, "relay connected");
                    pause = RELAY_BACKOFF;
                    if link.reporter.tell(EventKind::Open).await.is_err() {
                        return;
                    }
                    let (error, restart) = serve(link.reporter.clone(), session, &mut outbound).await;
                    tracing::info!(region, %error, "relay connection ended");
                    if let Some(Restart { reconnect_in, try_for }) = restart {
                        pause = reconnect_in.min(RELAY_BACKOFF_LIMIT);
                        restarting = Some(Instant::now() + try_for.min(RELAY_RESTART_LIMIT));
                    }
                    if link.reporter.tell(EventKind::Closed).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(region, %error, "relay connection failed");
                    if let SessionError::Dial(error) = &error
                        && !link.force_websocket
                        && let Some(reason) = error.websocket_reason()
                    {
                        link.force_websocket = true;
                        if link.reporter.tell(EventKind::ForcedWebSocket(reason)).await.is_err() {
                            return;
                        }
                        continue;
                    }
                }
            }
            while outbound.try_recv().is_ok() {}
            tokio::time::sleep(pause.mul_f64(rand::random_range(0.8..1.2))).await;
            pause = (pause * 2).min(RELAY_BACKOFF_LIMIT);
            if restarting.is_some_and(|until| Instant::now() < until) {
                pause = RELAY_RESTART_PAUSE;
            }
        }
    };
    tokio::select! {
        () = cancel.cancelled() => {}
        () = work => {}
    }
}

#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("protocol: {0}")]
    Protocol(#[from] warren_derp::Error),
    #[error("no answer in time")]
    Timeout,
    #[error("the relay was silent for too long")]
    Silence,
    #[error("the relay did not take data for too long")]
    Stuck,
    #[error("the node ended")]
    Ended,
}

struct Session {
    read: ReadPipe,
    write: WritePipe,
    buffer: BytesMut,
    decoder: Decoder,
    handshake: ClientHandshake,
    /// Frames that came with the handshake.
    early: Vec<Frame>,
}

async fn establish(link: &Link) -> Result<Session, SessionError> {
    let (read, write) = dial(link).await?;
    let mut session = Session {
        read,
        write,
        buffer: BytesMut::new(),
        decoder: Decoder::new(),
        handshake: ClientHandshake::new(link.key.duplicate(), ClientInfo::default(), None),
        early: Vec::new(),
    };
    loop {
        while let Some(frame) = session.decoder.next_frame(&mut session.buffer)? {
            match session.handshake.handle_frame(frame, random_nonce())? {
                ClientStep::Introduce { bytes, .. } => {
                    let mut hello = bytes.to_vec();
                    if link.home.load(Ordering::Relaxed) {
                        hello.extend_from_slice(&Frame::NotePreferred(true).to_bytes());
                    }
                    session.write.write(hello).await?;
                    session.write.flush().await?;
                }
                ClientStep::Connected(_) => return Ok(session),
                ClientStep::Other(frame) => session.early.push(frame),
            }
        }
        session.read.read(&mut session.buffer).await?;
    }
}

async fn dial(link: &Link) -> Result<(ReadPipe, WritePipe), DialError> {
    if let (true, Some(dialer)) = (link.embedded, &link.dialer.in_process) {
        return Dialer::in_process(&**dialer).await;
    }
    let mut last = DialError::NoTarget(link.reporter.region);
    for target in &link.targets {
        let result = if link.force_websocket {
            link.dialer.clone().websocket(target.clone()).await
        } else {
            link.dialer.clone().upgrade(target.clone()).await
        };
        match result {
            Ok(pipes) => return Ok(pipes),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Serves a connection until it ends; why it did.
async fn serve(
    reporter: Reporter,
    session: Session,
    outbound: &mut mpsc::Receiver<Vec<u8>>,
) -> (SessionError, Option<Restart>) {
    // Answers to pings; when the writer is that far behind, the relay may do without.
    let (pongs, mut wanted) = mpsc::channel::<[u8; 8]>(1);
    let Session { read, write, buffer, decoder, handshake: _, early } = session;
    let mut reader = Reader { reporter: reporter.clone(), read, buffer, decoder, pongs, restart: None };
    let mut writer = Writer { reporter, write };
    let error = tokio::select! {
        result = reader.run(early) => result,
        result = writer.run(outbound, &mut wanted) => result,
    };
    match error {
        Ok(never) => match never {},
        Err(error) => (error, reader.restart),
    }
}

/// What a relay says before it goes away for a moment.
#[derive(Debug, Clone, Copy)]
struct Restart {
    reconnect_in: Duration,
    try_for: Duration,
}

struct Reader {
    reporter: Reporter,
    read: ReadPipe,
    buffer: BytesMut,
    decoder: Decoder,
    pongs: mpsc::Sender<[u8; 8]>,
    restart: Option<Restart>,
}

impl Reader {
    async fn run(&mut self, early: Vec<Frame>) -> Result<std::convert::Infallible, SessionError> {
        let mut packets = Vec::new();
        for frame in early {
            self.handle(frame, &mut packets).await?;
        }
        loop {
            while let Some(frame) = self.decoder.next_frame(&mut self.buffer)? {
                self.handle(frame, &mut packets).await?;
                if packets.len() >= PACKET_BATCH {
                    self.deliver(&mut packets).await?;
                }
            }
            self.deliver(&mut packets).await?;
            timeout(RELAY_READ_TIMEOUT, self.read.read(&mut self.buffer))
                .await
                .map_err(|_| SessionError::Silence)??;
        }
    }

    async fn handle(&mut self, frame: Frame, packets: &mut Vec<(NodePublic, Bytes)>) -> Result<(), SessionError> {
        match frame {
            Frame::RecvPacket { source, packet } => packets.push((source, packet)),
            Frame::Ping(data) => {
                let _ = self.pongs.try_send(data);
            }
            Frame::PeerGone { peer, .. } => self.reporter.tell(EventKind::PeerGone(peer)).await?,
            Frame::Health(problem) if !problem.is_empty() => {
                tracing::warn!(region = self.reporter.region, problem, "relay reports a problem");
            }
            Frame::Restarting { reconnect_in, try_for } => self.restart = Some(Restart { reconnect_in, try_for }),
            _ => {}
        }
        Ok(())
    }

    async fn deliver(&mut self, packets: &mut Vec<(NodePublic, Bytes)>) -> Result<(), SessionError> {
        if packets.is_empty() {
            return Ok(());
        }
        let packets = std::mem::take(packets);
        self.reporter.tell(EventKind::Packets(packets)).await
    }
}

struct Writer {
    reporter: Reporter,
    write: WritePipe,
}

impl Writer {
    async fn run(
        &mut self,
        outbound: &mut mpsc::Receiver<Vec<u8>>,
        pongs: &mut mpsc::Receiver<[u8; 8]>,
    ) -> Result<std::convert::Infallible, SessionError> {
        loop {
            tokio::select! {
                chunk = outbound.recv() => self.write(chunk.ok_or(SessionError::Ended)?).await?,
                Some(data) = pongs.recv() => {
                    self.write_timed(Frame::Pong(data).to_bytes().to_vec()).await?;
                }
            }
            for _ in 0..LANE_BUFFERS {
                let Ok(chunk) = outbound.try_recv() else { break };
                self.write(chunk).await?;
            }
            timeout(RELAY_WRITE_TIMEOUT, self.write.flush()).await.map_err(|_| SessionError::Stuck)??;
        }
    }

    async fn write(&mut self, chunk: Vec<u8>) -> Result<(), SessionError> {
        let buffer = self.write_timed(chunk).await?;
        self.reporter.tell(EventKind::Written(buffer)).await
    }

    async fn write_timed(&mut self, chunk: Vec<u8>) -> Result<Vec<u8>, SessionError> {
        let written = timeout(RELAY_WRITE_TIMEOUT, self.write.write(chunk)).await;
        Ok(written.map_err(|_| SessionError::Stuck)??)
    }
}
