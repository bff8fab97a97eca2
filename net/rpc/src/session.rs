//! A session: many calls over one byte pipe, in both directions.

mod driver;
mod transport;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, oneshot};
use warren_yamux::{self as yamux, CloseReason, Event, OpenError, Role, StreamMap};

pub(crate) use transport::Transport;

use crate::error::Error;

/// A handle on a session; clones are the same session. It ends when the last handle and the last call are dropped,
/// by [`Session::close`], or when the pipe ends.
#[derive(Clone)]
pub struct Session {
    handle: Arc<Handle>,
}

/// Ends the session when the last owner is gone.
struct Handle {
    core: Arc<Core>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.core.close(CloseReason::Local);
    }
}

/// What the handles and the driver share.
struct Core {
    state: Mutex<State>,
    /// Wakes the driver: something is to be sent.
    driver: AtomicWaker,
    /// Somebody waits for a stream to be acknowledged, or for the end.
    opened: Notify,
    finished: Notify,
}

struct State {
    yamux: yamux::Session,
    streams: StreamMap<Wakers>,
    acceptor: Option<Waker>,
    pings: BTreeMap<u32, oneshot::Sender<Duration>>,
    finished: bool,
}

/// Who waits for a stream.
#[derive(Default)]
struct Wakers {
    read: Option<Waker>,
    /// More than one task can send on a call, and wait for its end.
    write: Vec<Waker>,
    done: Vec<Waker>,
}

impl Core {
    fn close(&self, reason: CloseReason) {
        let mut state = self.state.lock();
        state.yamux.close(reason);
        state.dispatch(&self.opened);
        drop(state);
        self.driver.wake();
    }
}

impl State {
    /// Hands the events of the machine to those who wait for them.
    fn dispatch(&mut self, opened: &Notify) {
        while let Some(event) = self.yamux.poll_event() {
            match event {
                Event::Incoming => wake(&mut self.acceptor),
                Event::Acknowledged(_) | Event::GoAway => opened.notify_waiters(),
                Event::Readable(id) => {
                    if let Some(wakers) = self.streams.get_mut(&id) {
                        wake(&mut wakers.read);
                        if self.yamux.is_remote_done(id) {
                            wake_all(&mut wakers.done);
                            wake_all(&mut wakers.write);
                        }
                    }
                }
                Event::Writable(id) => {
                    if let Some(wakers) = self.streams.get_mut(&id) {
                        wake_all(&mut wakers.write);
                    }
                }
                Event::Pong { id, round_trip } => {
                    if let Some(waiting) = self.pings.remove(&id) {
                        // Nobody waiting any more is fine.
                        let _ = waiting.send(round_trip);
                    }
                }
                Event::PingTimeout { id } => {
                    self.pings.remove(&id);
                }
            }
        }
        if self.yamux.closed().is_some() {
            wake(&mut self.acceptor);
            self.pings.clear();
            opened.notify_waiters();
        }
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

fn wake_all(wakers: &mut Vec<Waker>) {
    for waker in std::mem::take(wakers) {
        waker.wake();
    }
}

fn add(wakers: &mut Vec<Waker>, waker: &Waker) {
    if !wakers.iter().any(|old| old.will_wake(waker)) {
        wakers.push(waker.clone());
    }
}

fn register(slot: &mut Option<Waker>, waker: &Waker) {
    match slot {
        Some(old) if old.will_wake(waker) => {}
        _ => *slot = Some(waker.clone()),
    }
}

/// The end of the second in which `at` lies, for deadlines that need not be met exactly: those of thousands of sessions
/// then wake the process once a second, and not once each.
#[must_use]
pub fn end_of_second(at: tokio::time::Instant) -> tokio::time::Instant {
    static START: std::sync::OnceLock<tokio::time::Instant> = std::sync::OnceLock::new();
    let start = *START.get_or_init(tokio::time::Instant::now);
    let whole = at.saturating_duration_since(start).as_secs().saturating_add(1);
    start.checked_add(Duration::from_secs(whole)).unwrap_or(at)
}

/// The clock of tokio, so that tests can pause it.
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

impl Session {
    /// A session on a pipe that this side dialled. Must be called inside a tokio runtime.
    pub fn client(io: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self::start(io, Role::Client)
    }

    /// A session on a pipe that this side accepted. Must be called inside a tokio runtime.
    pub fn server(io: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self::start(io, Role::Server)
    }

    fn start(io: impl AsyncRead + AsyncWrite + Send + 'static, role: Role) -> Self {
        let state = State {
            yamux: yamux::Session::new(role, yamux::Config::default(), now()),
            streams: StreamMap::default(),
            acceptor: None,
            pings: BTreeMap::new(),
            finished: false,
        };
        let core = Arc::new(Core {
            state: Mutex::new(state),
            driver: AtomicWaker::new(),
            opened: Notify::new(),
            finished: Notify::new(),
        });
        // The driver ends with the session: when the pipe ends, or when `Handle` is dropped.
        tokio::spawn(driver::Driver::new(core.clone(), io));
        Self { handle: Arc::new(Handle { core }) }
    }

    /// Begins to end the session: calls fail, queued bytes are still sent. [`Session::closed`] waits for the end.
    pub fn close(&self) {
        self.core().close(CloseReason::Local);
    }

    /// Tells the peer to start no new calls; those that run go on.
    pub fn go_away(&self) {
        self.core().state.lock().yamux.go_away();
        self.core().driver.wake();
    }

    /// Whether the session has ended or is ending.
    pub fn is_closed(&self) -> bool {
        self.close_reason().is_some()
    }

    /// Why the session ended.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.core().state.lock().yamux.closed()
    }

    /// Waits until the session is over and the pipe is closed; why it ended.
    pub async fn closed(&self) -> CloseReason {
        loop {
            let finished = self.core().finished.notified();
            {
                let state = self.core().state.lock();
                if let (true, Some(reason)) = (state.finished, state.yamux.closed()) {
                    return reason;
                }
            }
            finished.await;
        }
    }

    /// Sends a ping and waits for the answer, at most ten seconds; the round trip.
    ///
    /// # Errors
    /// No answer in time, or the session is over.
    pub async fn ping(&self) -> Result<Duration, Error> {
        let (tx, rx) = oneshot::channel();
        {
            let mut state = self.core().state.lock();
            if let Some(reason) = state.yamux.closed() {
                return Err(Error::Closed(reason));
            }
            let id = state.yamux.ping(now()).ok_or(Error::PingTimeout)?;
            state.pings.insert(id, tx);
        }
        self.core().driver.wake();
        match rx.await {
            Ok(round_trip) => Ok(round_trip),
            Err(_) => Err(self.close_reason().map_or(Error::PingTimeout, Error::Closed)),
        }
    }

    /// How long the peer has been silent.
    pub fn silent_for(&self) -> Duration {
        now().saturating_duration_since(self.core().state.lock().yamux.heard_at())
    }

    /// Streams that are open now, of both sides.
    pub fn stream_count(&self) -> usize {
        self.core().state.lock().yamux.stream_count()
    }

    /// Opens a stream for one call; waits while too many are unacknowledged.
    pub(crate) async fn open(&self) -> Result<Transport, Error> {
        loop {
            let opened = self.core().opened.notified();
            {
                let mut state = self.core().state.lock();
                match state.yamux.open(now()) {
                    Ok(id) => {
                        state.streams.insert(id, Wakers::default());
                        drop(state);
                        self.core().driver.wake();
                        return Ok(Transport::new(self.clone(), id));
                    }
                    Err(OpenError::Backlog) => {}
                    Err(e) => return Err(e.into()),
                }
            }
            opened.await;
        }
    }

    /// The next stream that the peer opened; `None` when the session is over.
    pub(crate) async fn accept(&self) -> Option<Transport> {
        poll_fn(|cx| {
            let mut state = self.core().state.lock();
            // Also after the end: what arrived before it is still served.
            if let Some(id) = state.yamux.accept() {
                state.streams.insert(id, Wakers::default());
                drop(state);
                self.core().driver.wake();
                return Poll::Ready(Some(Transport::new(self.clone(), id)));
            }
            if state.yamux.closed().is_some() {
                return Poll::Ready(None);
            }
            register(&mut state.acceptor, cx.waker());
            Poll::Pending
        })
        .await
    }

    fn core(&self) -> &Core {
        &self.handle.core
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("closed", &self.close_reason()).finish_non_exhaustive()
    }
}
