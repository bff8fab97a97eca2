//! One call: its transport, and the packets that are sent on it.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use parking_lot::Mutex;
use prost::Message;
use warren_drpc::{Event, MAX_PACKET, Packet, RpcError, Side, Stream, Violation};

use crate::error::Error;
use crate::session::Transport;

/// What both halves of a call share.
pub(crate) struct Call {
    transport: Arc<Transport>,
    outbound: Mutex<Outbound>,
}

/// Packets go through one queue, so that none is torn when a sender gives up in the middle.
struct Outbound {
    protocol: Stream,
    pending: BytesMut,
}

impl Call {
    pub(crate) fn new(transport: Arc<Transport>, side: Side, id: u64) -> Self {
        let outbound = Outbound { protocol: Stream::new(side, id), pending: BytesMut::new() };
        Self { transport, outbound: Mutex::new(outbound) }
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    pub(crate) fn handle(&self, packet: Packet) -> Result<Event, Violation> {
        self.outbound.lock().protocol.handle(packet)
    }

    /// The number of the call on its transport.
    pub(crate) fn id(&self) -> u64 {
        self.outbound.lock().protocol.id()
    }

    /// Queues packets without waiting.
    pub(crate) fn queue(&self, write: impl FnOnce(&mut Stream, &mut BytesMut)) {
        let Outbound { protocol, pending } = &mut *self.outbound.lock();
        write(protocol, pending);
    }

    /// Queues a message without waiting.
    pub(crate) fn queue_message(&self, message: &impl Message) -> Result<(), Error> {
        let len = message.encoded_len();
        if len > MAX_PACKET {
            return Err(Error::TooLarge(len));
        }
        let data = message.encode_to_vec();
        let Outbound { protocol, pending } = &mut *self.outbound.lock();
        if protocol.message(&data, pending) { Ok(()) } else { Err(Error::Finished) }
    }

    /// Hands what is queued to the transport.
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Outbound { pending, .. } = &mut *self.outbound.lock();
        while !pending.is_empty() {
            let n = ready!(self.transport.poll_write(cx, pending))?;
            pending.advance(n);
        }
        *pending = BytesMut::new();
        Poll::Ready(Ok(()))
    }

    pub(crate) async fn flush(&self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Sends a message after all earlier ones.
    async fn send(&self, message: &impl Message) -> Result<(), Error> {
        self.flush().await?;
        self.queue_message(message)?;
        self.flush().await
    }

    /// Hands over what is queued without waiting; kills the transport if there is no room.
    fn flush_or_reset(&self) {
        let pending = std::mem::take(&mut self.outbound.lock().pending);
        if !pending.is_empty() && self.transport.try_write(&pending) < pending.len() {
            self.transport.reset();
        }
    }

    /// The caller has its answer: says so and closes the transport.
    pub(crate) fn conclude(&self) {
        self.queue(Stream::close);
        self.flush_or_reset();
        self.transport.finish();
    }

    /// The caller does not want (more of) the answer. Without a packet for it, as official callers do.
    pub(crate) fn give_up(&self) {
        let torn = {
            let Outbound { protocol, pending } = &mut *self.outbound.lock();
            let torn = !pending.is_empty() && !protocol.is_over();
            protocol.abandon();
            *pending = BytesMut::new();
            torn
        };
        if torn {
            self.transport.reset();
        } else {
            self.transport.abandon();
        }
    }

    fn close_send_now(&self) {
        self.queue(Stream::close_send);
        self.flush_or_reset();
    }
}

/// Sends the messages of one direction of a call.
///
/// A caller that drops it says that no more messages follow; a handler that drops it says nothing, as the end of the
/// handler ends the call.
pub struct Sender<M> {
    call: Arc<Call>,
    caller: bool,
    message: std::marker::PhantomData<fn(M)>,
}

impl<M: Message> Sender<M> {
    pub(crate) fn new(call: Arc<Call>, caller: bool) -> Self {
        Self { call, caller, message: std::marker::PhantomData }
    }

    /// Sends a message; waits while the peer does not read. If the future is dropped the message is sent whole or not
    /// at all.
    ///
    /// # Errors
    /// The call or the session is over, or the message is above 4 MiB.
    pub async fn send(&mut self, message: &M) -> Result<(), Error> {
        self.call.send(message).await
    }

    /// Says that no more messages follow.
    ///
    /// # Errors
    /// The call or the session is over.
    pub async fn finish(self) -> Result<(), Error> {
        self.call.flush().await?;
        self.call.queue(Stream::close_send);
        self.call.flush().await
    }

    /// Waits until the peer has ended its side or the session is over.
    pub async fn closed(&self) {
        poll_fn(|cx| self.call.transport.poll_remote_done(cx)).await;
    }
}

impl<M> Drop for Sender<M> {
    fn drop(&mut self) {
        if self.caller {
            self.call.close_send_now();
        }
    }
}

impl<M> std::fmt::Debug for Sender<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// Writes the end of a served call: the error, or what `ending` writes.
pub(crate) async fn end_call(
    call: &Call,
    result: Result<(), RpcError>,
    ending: impl FnOnce(&mut Stream, &mut BytesMut),
) -> Result<(), Error> {
    call.queue(|protocol, out| match result {
        Ok(()) => ending(protocol, out),
        Err(error) => protocol.error(&error, out),
    });
    call.flush().await
}
