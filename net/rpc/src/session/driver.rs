//! The one task of a session: moves bytes between the pipe and the machine, and keeps its deadlines.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use warren_yamux::CloseReason;

use super::{Core, end_of_second, now};
use crate::defaults::{CLOSE_TIMEOUT, READ_CHUNK, WRITE_BATCH};

/// Chunks read before other tasks get their turn.
const READS_PER_TURN: usize = 16;

thread_local! {
    /// Where bytes are read to; shared, so that an idle session needs no buffer.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// How far the end of a session has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// What is queued is sent.
    Draining,
    /// The own direction of the pipe is closed.
    ShuttingDown,
    /// Everything is sent; the peer's end is awaited so that it is not cut off.
    AwaitingEnd,
}

pub(super) struct Driver<IO> {
    core: Arc<Core>,
    io: Pin<Box<IO>>,
    out: BytesMut,
    unflushed: bool,
    timer: Pin<Box<Sleep>>,
    phase: Phase,
}

impl<IO: AsyncRead + AsyncWrite> Driver<IO> {
    pub(super) fn new(core: Arc<Core>, io: IO) -> Self {
        let timer = Box::pin(tokio::time::sleep_until(Instant::now()));
        Self { core, io: Box::pin(io), out: BytesMut::new(), unflushed: false, timer, phase: Phase::Running }
    }

    /// Writes until nothing is queued (`Ready`) or the pipe is full.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.out.is_empty() {
                let mut state = self.core.state.lock();
                state.yamux.transmit(&mut self.out, WRITE_BATCH);
                state.dispatch(&self.core.opened);
            }
            if self.out.is_empty() {
                self.out = BytesMut::new();
                break;
            }
            let n = ready!(self.io.as_mut().poll_write(cx, &self.out))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.advance(n);
            self.unflushed = true;
        }
        if self.unflushed {
            ready!(self.io.as_mut().poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads one chunk into the machine; `Ready(Ok(false))` at the end of the pipe.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        SCRATCH.with(|scratch| {
            // Taken out, so that a pipe that polls another session does not find it in use.
            let mut buffer = scratch.take();
            buffer.resize(READ_CHUNK, 0);
            let mut buf = ReadBuf::new(&mut buffer);
            let result = self.io.as_mut().poll_read(cx, &mut buf).map_ok(|()| {
                let data = buf.filled();
                if !data.is_empty() && self.phase == Phase::Running {
                    let mut state = self.core.state.lock();
                    // How it ended is kept by the machine.
                    let _ = state.yamux.receive(data, now());
                    state.dispatch(&self.core.opened);
                }
                !data.is_empty()
            });
            scratch.set(buffer);
            result
        })
    }

    /// Does what is due and arms the timer for the next deadline.
    fn poll_timers(&mut self, cx: &mut Context<'_>) {
        loop {
            let deadline = {
                let mut state = self.core.state.lock();
                match state.yamux.poll_timeout() {
                    Some((at, _)) if at <= now() => {
                        state.yamux.handle_timeout(now());
                        state.dispatch(&self.core.opened);
                        continue;
                    }
                    Some((at, _)) => roughly(Instant::from_std(at)),
                    None => return,
                }
            };
            // Waking too early costs one turn, resetting the timer at every turn would cost more.
            if self.timer.is_elapsed() || deadline < self.timer.deadline() {
                self.timer.as_mut().reset(deadline);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return;
            }
        }
    }

    /// One turn while the session lives; the reason when it has ended.
    fn poll_running(&mut self, cx: &mut Context<'_>) -> Option<CloseReason> {
        for turn in 0.. {
            self.poll_timers(cx);
            if let Poll::Ready(Err(e)) = self.poll_send(cx) {
                return Some(CloseReason::Io(e.kind()));
            }
            if let Some(reason) = self.core.state.lock().yamux.closed() {
                return Some(reason);
            }
            match self.poll_receive(cx) {
                Poll::Pending => {
                    // What was received may have caused answers.
                    if !self.core.state.lock().yamux.wants_transmit() || !self.out.is_empty() {
                        return None;
                    }
                }
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Ok(false)) => return Some(CloseReason::Eof),
                Poll::Ready(Err(e)) => return Some(CloseReason::Io(e.kind())),
            }
            if turn >= READS_PER_TURN {
                cx.waker().wake_by_ref();
                return None;
            }
        }
        None
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if self.phase == Phase::Draining {
            // A failing pipe needs no more attempts to send, but its own end.
            let _ = ready!(self.poll_send(cx));
            self.phase = Phase::ShuttingDown;
        }
        if self.phase == Phase::ShuttingDown {
            if ready!(self.io.as_mut().poll_shutdown(cx)).is_err() {
                return Poll::Ready(());
            }
            self.phase = Phase::AwaitingEnd;
        }
        loop {
            match ready!(self.poll_receive(cx)) {
                Ok(true) => {}
                Ok(false) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl<IO: AsyncRead + AsyncWrite> Future for Driver<IO> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.core.driver.register(cx.waker());
        if this.phase == Phase::Running {
            let Some(reason) = this.poll_running(cx) else { return Poll::Pending };
            let mut state = this.core.state.lock();
            state.yamux.close(reason);
            state.dispatch(&this.core.opened);
            drop(state);
            let gone = matches!(reason, CloseReason::Eof | CloseReason::Io(_));
            this.phase = if gone { Phase::ShuttingDown } else { Phase::Draining };
            this.timer.as_mut().reset(Instant::now() + CLOSE_TIMEOUT);
        }
        ready!(this.poll_end(cx));
        Poll::Ready(())
    }
}

impl<IO> Drop for Driver<IO> {
    fn drop(&mut self) {
        // Also when the runtime ends before the session.
        let mut state = self.core.state.lock();
        state.yamux.close(CloseReason::Local);
        state.finished = true;
        state.dispatch(&self.core.opened);
        drop(state);
        self.core.finished.notify_waiters();
    }
}

/// Deadlines of seconds (pings, silence) may come late by one.
fn roughly(deadline: Instant) -> Instant {
    const EXACT: Duration = Duration::from_secs(5);
    if deadline.saturating_duration_since(Instant::now()) > EXACT { end_of_second(deadline) } else { deadline }
}
