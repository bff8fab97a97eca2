//! The messages of one direction of a call, as they arrive.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use parking_lot::Mutex;
use prost::Message;
use warren_drpc::{Event, Packet, PacketReader};

use crate::call::Call;
use crate::error::Error;
use crate::session::Transport;

/// Reads packets from a transport.
#[derive(Default)]
pub(crate) struct Packets {
    reader: PacketReader,
    chunk: BytesMut,
}

impl Packets {
    /// The next packet; `None` when the peer has closed its direction.
    pub(crate) fn poll_next(
        &mut self,
        transport: &Transport,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Packet>, Error>> {
        loop {
            let mut input = &self.chunk[..];
            let packet = self.reader.next(&mut input)?;
            let used = self.chunk.len() - input.len();
            self.chunk.advance(used);
            if packet.is_some() {
                return Poll::Ready(Ok(packet));
            }
            // All is taken: give the memory back while waiting.
            self.chunk = BytesMut::new();
            match ready!(transport.poll_read(cx))? {
                Some(chunk) => self.chunk = chunk,
                None => return Poll::Ready(Ok(None)),
            }
        }
    }
}

/// How the messages of a call ended.
#[derive(Clone)]
pub(crate) enum End {
    /// In good order.
    Finished,
    Failed(Error),
}

impl End {
    fn result<T>(&self) -> Result<Option<T>, Error> {
        match self {
            Self::Finished => Ok(None),
            Self::Failed(e) => Err(e.clone()),
        }
    }
}

/// The receiving side of a caller.
pub(crate) struct CallerInbox {
    call: Arc<Call>,
    packets: Packets,
    end: Option<End>,
}

impl CallerInbox {
    pub(crate) fn new(call: Arc<Call>) -> Self {
        Self { call, packets: Packets::default(), end: None }
    }

    pub(crate) async fn recv(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        loop {
            if let Some(end) = &self.end {
                return Poll::Ready(end.result());
            }
            let packet = match ready!(self.packets.poll_next(self.call.transport(), cx)) {
                Ok(Some(packet)) => packet,
                Ok(None) => {
                    self.end = Some(End::Failed(Error::Disconnected));
                    continue;
                }
                Err(e) => {
                    self.fail(e);
                    continue;
                }
            };
            match self.call.handle(packet) {
                Ok(Event::Message(data)) => return Poll::Ready(Ok(Some(data))),
                Ok(Event::End | Event::Closed) => self.end = Some(End::Finished),
                Ok(Event::Failed(e)) => self.end = Some(End::Failed(e.into())),
                Ok(Event::Cancelled) => self.end = Some(End::Failed(Error::Disconnected)),
                Ok(Event::Ignored | Event::Invoke { .. }) => {}
                Err(violation) => self.fail(violation.into()),
            }
        }
    }

    fn fail(&mut self, error: Error) {
        if let Error::Protocol(_) = error {
            self.call.transport().reset();
        }
        self.end = Some(End::Failed(error));
    }

    /// The answer is there, nothing more is wanted.
    pub(crate) fn conclude(self) {
        self.call.conclude();
    }
}

impl Drop for CallerInbox {
    fn drop(&mut self) {
        self.call.give_up();
    }
}

/// The receiving side of a handler: one message at a time, put there by the task of the call.
#[derive(Default)]
pub(crate) struct HandlerInbox {
    state: Mutex<InboxState>,
}

#[derive(Default)]
struct InboxState {
    message: Option<Bytes>,
    end: Option<End>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl HandlerInbox {
    /// Whether there is room for a message.
    pub(crate) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock();
        if state.message.is_none() {
            return Poll::Ready(());
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    pub(crate) fn put(&self, message: Bytes) {
        let mut state = self.state.lock();
        state.message = Some(message);
        if let Some(waker) = state.reader.take() {
            waker.wake();
        }
    }

    /// No more messages; the first end counts.
    pub(crate) fn end(&self, end: End) {
        let mut state = self.state.lock();
        state.end.get_or_insert(end);
        if let Some(waker) = state.reader.take() {
            waker.wake();
        }
    }

    pub(crate) async fn recv(&self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| {
            let mut state = self.state.lock();
            if let Some(message) = state.message.take() {
                if let Some(waker) = state.writer.take() {
                    waker.wake();
                }
                return Poll::Ready(Ok(Some(message)));
            }
            if let Some(end) = &state.end {
                return Poll::Ready(end.result());
            }
            state.reader = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

enum Source {
    Caller(Box<CallerInbox>),
    Handler(Arc<HandlerInbox>),
}

/// Receives the messages of one direction of a call. A caller that drops it cancels the call.
pub struct Receiver<M> {
    source: Source,
    message: PhantomData<fn() -> M>,
}

impl<M: Message + Default> Receiver<M> {
    pub(crate) fn caller(call: Arc<Call>) -> Self {
        Self { source: Source::Caller(Box::new(CallerInbox::new(call))), message: PhantomData }
    }

    pub(crate) fn handler(inbox: Arc<HandlerInbox>) -> Self {
        Self { source: Source::Handler(inbox), message: PhantomData }
    }

    /// The next message; `None` when the peer has sent all. No message is lost when the future is dropped.
    ///
    /// # Errors
    /// The peer ended the call with an error or without an end, the session is over, or a message is broken.
    pub async fn recv(&mut self) -> Result<Option<M>, Error> {
        let data = match &mut self.source {
            Source::Caller(inbox) => inbox.recv().await?,
            Source::Handler(inbox) => inbox.recv().await?,
        };
        Ok(data.map(M::decode).transpose()?)
    }
}

impl<M> std::fmt::Debug for Receiver<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
