//! Serving the calls of a session.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;
use warren_drpc::{Event, Kind, Packet, RpcError, Side, Stream};
use warren_yamux::CloseReason;

use crate::call::{Call, end_call};
use crate::defaults::{HANDLER_GRACE, IDLE_STREAM, MAX_CONCURRENT_RPCS};
use crate::error::Error;
use crate::receive::{End, HandlerInbox, Packets};
use crate::router::{Ending, Router};
use crate::session::{Session, Transport};

/// Serves the calls of a session until it ends or `cancel` fires (then it ends the session). Handlers that still run
/// are told and get ten seconds, those that hold no receiver are dropped at once. Returns when all have ended.
///
/// # Errors
/// The session ended otherwise than by one of its two sides or by the end of the pipe.
pub async fn serve<C: Clone + Send + 'static>(
    session: Session,
    router: Arc<Router<C>>,
    context: C,
    cancel: CancellationToken,
) -> Result<(), Error> {
    // All in this task: a call costs no further task, and no second thread is woken for it.
    let mut calls = FuturesUnordered::new();
    loop {
        let transport = tokio::select! {
            biased;
            () = cancel.cancelled() => {
                session.close();
                break;
            }
            Some(ended) = calls.next(), if !calls.is_empty() => {
                log_panic(ended);
                continue;
            }
            accepted = session.accept() => accepted,
        };
        let Some(transport) = transport else { break };
        if calls.len() >= MAX_CONCURRENT_RPCS {
            refuse(&transport);
            continue;
        }
        // Boxed, as the set itself holds room for one more.
        let call = Box::pin(serve_stream(transport, router.clone(), context.clone()));
        calls.push(AssertUnwindSafe(call).catch_unwind());
    }
    while let Some(ended) = calls.next().await {
        log_panic(ended);
    }
    match session.close_reason() {
        None | Some(CloseReason::Local | CloseReason::Eof) => Ok(()),
        Some(reason) => Err(Error::Closed(reason)),
    }
}

fn log_panic(ended: std::thread::Result<()>) {
    if let Err(panic) = ended {
        tracing::error!(panic = panic_text(&*panic), "serving a call panicked");
    }
}

/// Answers a call without looking at it: official callers number the only call of a stream 1.
fn refuse(transport: &Transport) {
    let error = RpcError::new("too many concurrent calls on this session");
    let mut out = bytes::BytesMut::new();
    Packet { kind: Kind::Error, stream: 1, message: 1, data: error.encode() }.encode(&mut out);
    transport.try_write(&out);
}

/// Serves the calls of one stream, one after the other.
async fn serve_stream<C: Clone + Send + 'static>(transport: Transport, router: Arc<Router<C>>, context: C) {
    let transport = Arc::new(transport);
    let mut packets = Packets::default();
    let mut next_id = 1;
    let mut next = None;
    loop {
        let call = Arc::new(Call::new(transport.clone(), Side::Server, next_id));
        let Some(path) = invoked(&call, &mut packets, next.take()).await else { break };
        match serve_call(&call, &mut packets, &path, &router, context.clone()).await {
            After::Idle => next_id = call.id() + 1,
            After::Next(packet) => {
                next_id = call.id() + 1;
                next = Some(packet);
            }
            After::Gone => break,
        }
    }
}

/// Waits for the start of a call; `None` when there will be none.
async fn invoked(call: &Call, packets: &mut Packets, mut first: Option<Packet>) -> Option<String> {
    let path = async {
        loop {
            let packet = match first.take() {
                Some(packet) => packet,
                None => match poll_fn(|cx| packets.poll_next(call.transport(), cx)).await {
                    Ok(Some(packet)) => packet,
                    Ok(None) => return None,
                    Err(e) => {
                        tracing::debug!(error = %e, "dropped a stream");
                        call.transport().reset();
                        return None;
                    }
                },
            };
            match call.handle(packet) {
                Ok(Event::Invoke { path, .. }) => return Some(path),
                Ok(_) => {}
                Err(e) => {
                    tracing::debug!(error = %e, "dropped a stream");
                    call.transport().reset();
                    return None;
                }
            }
        }
    };
    tokio::time::timeout(IDLE_STREAM, path).await.ok().flatten()
}

/// What can happen on a stream after a call.
enum After {
    /// Another call.
    Idle,
    /// Another call, whose first packet is here.
    Next(Packet),
    Gone,
}

async fn serve_call<C: Clone + Send + 'static>(
    call: &Arc<Call>,
    packets: &mut Packets,
    path: &str,
    router: &Router<C>,
    context: C,
) -> After {
    let handler = match router.find(path) {
        Ok(handler) => handler,
        Err(error) => return finish(call, Err(error), Ending::Reply).await,
    };
    let inbox = Arc::new(HandlerInbox::default());
    // Also the handler function itself may panic, not only its future.
    let run = AssertUnwindSafe(async { (handler.run)(context, call.clone(), inbox.clone()).await }).catch_unwind();
    let mut run = pin!(run);
    let mut pump = Pump { call, packets, inbox: &inbox, end: None, gone: false };
    let mut grace: Option<Pin<Box<Sleep>>> = None;
    let ran = poll_fn(|cx| {
        if let Poll::Ready(result) = run.as_mut().poll(cx) {
            return Poll::Ready(Some(result));
        }
        pump.advance(cx);
        if pump.end.is_none() && !pump.gone {
            return Poll::Pending;
        }
        if !handler.reads {
            return Poll::Ready(None);
        }
        grace.get_or_insert_with(|| Box::pin(sleep(HANDLER_GRACE))).as_mut().poll(cx).map(|()| None)
    })
    .await;
    let Some(result) = ran else {
        if handler.reads {
            tracing::warn!(rpc = path, "a handler did not end after its caller was gone");
        }
        return pump.after();
    };
    let result = result.unwrap_or_else(|panic| {
        tracing::error!(rpc = path, panic = panic_text(&*panic), "a handler panicked");
        Err(RpcError::new("internal error"))
    });
    match pump.end {
        Some(_) => pump.after(),
        None => finish(call, result, handler.ending).await,
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("?")
}

async fn finish(call: &Call, result: Result<(), RpcError>, ending: Ending) -> After {
    let ended = end_call(call, result, |protocol: &mut Stream, out| match ending {
        Ending::Reply => protocol.close_send(out),
        Ending::Stream => protocol.close(out),
    });
    match ended.await {
        Ok(()) => After::Idle,
        Err(_) => After::Gone,
    }
}

/// Carries packets from the transport to the inbox of a handler, until the caller is done with the call.
struct Pump<'a> {
    call: &'a Call,
    packets: &'a mut Packets,
    inbox: &'a HandlerInbox,
    /// No more packets are carried.
    end: Option<PumpEnd>,
    /// The caller is gone, though not all that it sent has been read.
    gone: bool,
}

enum PumpEnd {
    /// The call is over, its stream is not.
    Call,
    /// A newer call replaces this one.
    Next(Packet),
    Stream,
}

impl Pump<'_> {
    fn advance(&mut self, cx: &mut Context<'_>) {
        while self.end.is_none() {
            if self.inbox.poll_ready(cx).is_pending() {
                self.gone = self.call.transport().poll_remote_done(cx).is_ready();
                return;
            }
            match self.packets.poll_next(self.call.transport(), cx) {
                Poll::Pending => return,
                Poll::Ready(Ok(Some(packet))) => self.packet(packet),
                Poll::Ready(Ok(None)) => self.finish(PumpEnd::Stream, End::Failed(Error::Disconnected)),
                Poll::Ready(Err(e)) => self.broken(e),
            }
        }
    }

    fn packet(&mut self, packet: Packet) {
        if packet.stream > self.call.id() && matches!(packet.kind, Kind::Invoke | Kind::InvokeMetadata) {
            self.finish(PumpEnd::Next(packet), End::Failed(Error::Disconnected));
            return;
        }
        match self.call.handle(packet) {
            Ok(Event::Message(data)) => self.inbox.put(data),
            Ok(Event::End) => self.inbox.end(End::Finished),
            Ok(Event::Closed) => self.finish(PumpEnd::Call, End::Finished),
            Ok(Event::Cancelled) => self.finish(PumpEnd::Call, End::Failed(Error::Disconnected)),
            Ok(Event::Failed(e)) => self.finish(PumpEnd::Call, End::Failed(e.into())),
            Ok(Event::Ignored | Event::Invoke { .. }) => {}
            Err(violation) => self.broken(violation.into()),
        }
    }

    fn broken(&mut self, error: Error) {
        tracing::debug!(%error, "dropped a stream");
        self.call.transport().reset();
        self.finish(PumpEnd::Stream, End::Failed(error));
    }

    fn finish(&mut self, end: PumpEnd, inbox_end: End) {
        self.inbox.end(inbox_end);
        self.end = Some(end);
    }

    fn after(self) -> After {
        match self.end {
            Some(PumpEnd::Call) => After::Idle,
            Some(PumpEnd::Next(packet)) => After::Next(packet),
            None | Some(PumpEnd::Stream) => After::Gone,
        }
    }
}
