//! One yamux stream, seen from its owner.

use std::task::{Context, Poll};

use bytes::BytesMut;
use warren_yamux::{Read, StreamId};

use super::{Session, add, now, register};
use crate::defaults::{READ_CHUNK, WRITE_BATCH};
use crate::error::Error;

/// A stream of a session; dropping it closes it.
pub(crate) struct Transport {
    session: Session,
    id: StreamId,
}

impl Transport {
    pub(super) fn new(session: Session, id: StreamId) -> Self {
        Self { session, id }
    }

    /// The next bytes; `None` when the peer has closed its direction.
    pub(crate) fn poll_read(&self, cx: &mut Context<'_>) -> Poll<Result<Option<BytesMut>, Error>> {
        let core = self.session.core();
        let mut state = core.state.lock();
        match state.yamux.read(self.id, READ_CHUNK) {
            Read::Data(data) => {
                let kick = state.yamux.wants_transmit();
                drop(state);
                if kick {
                    core.driver.wake();
                }
                Poll::Ready(Ok(Some(data)))
            }
            Read::End => Poll::Ready(Ok(None)),
            Read::Reset => Poll::Ready(Err(state.yamux.closed().map_or(Error::Disconnected, Error::Closed))),
            Read::Pending => {
                if let Some(wakers) = state.streams.get_mut(&self.id) {
                    register(&mut wakers.read, cx.waker());
                }
                Poll::Pending
            }
        }
    }

    /// Queues bytes; fails when the peer has closed its direction, as then nobody reads.
    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, Error>> {
        let core = self.session.core();
        let mut state = core.state.lock();
        if state.yamux.is_remote_done(self.id) {
            return Poll::Ready(Err(state.yamux.closed().map_or(Error::Disconnected, Error::Closed)));
        }
        match state.yamux.write(self.id, data) {
            None => Poll::Ready(Err(Error::Finished)),
            Some(0) if !data.is_empty() => {
                if let Some(wakers) = state.streams.get_mut(&self.id) {
                    add(&mut wakers.write, cx.waker());
                }
                Poll::Pending
            }
            Some(n) => {
                drop(state);
                core.driver.wake();
                Poll::Ready(Ok(n))
            }
        }
    }

    /// Queues what there is room for now; how many bytes that were.
    pub(crate) fn try_write(&self, data: &[u8]) -> usize {
        let core = self.session.core();
        let n = core.state.lock().yamux.write(self.id, data).unwrap_or(0);
        core.driver.wake();
        n
    }

    /// Kills the stream.
    pub(crate) fn reset(&self) {
        let core = self.session.core();
        let mut state = core.state.lock();
        state.yamux.reset(self.id);
        state.dispatch(&core.opened);
        drop(state);
        core.driver.wake();
    }

    /// Gives the call up: an orderly close after what was sent, or a reset if that may take long.
    pub(crate) fn abandon(&self) {
        let core = self.session.core();
        let unsent = core.state.lock().yamux.unsent(self.id);
        if unsent > WRITE_BATCH {
            self.reset();
        } else {
            self.finish();
        }
    }

    /// Closes the own direction after what is queued.
    pub(crate) fn finish(&self) {
        let core = self.session.core();
        core.state.lock().yamux.finish(self.id);
        core.driver.wake();
    }

    /// Waits until the peer has closed its direction or the stream is dead, whatever is unread.
    pub(crate) fn poll_remote_done(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.session.core().state.lock();
        if state.yamux.is_remote_done(self.id) {
            return Poll::Ready(());
        }
        if let Some(wakers) = state.streams.get_mut(&self.id) {
            add(&mut wakers.done, cx.waker());
        }
        Poll::Pending
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        let core = self.session.core();
        let mut state = core.state.lock();
        if state.yamux.is_remote_done(self.id) && state.yamux.unsent(self.id) > 0 {
            // Nobody reads any more; without a reset the rest would wait for credit that never comes.
            state.yamux.reset(self.id);
        }
        state.yamux.release(self.id, now());
        state.streams.remove(&self.id);
        state.dispatch(&core.opened);
        drop(state);
        core.driver.wake();
    }
}
