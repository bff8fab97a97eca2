//! Making calls.

use std::sync::Arc;

use prost::Message;
use warren_drpc::{Side, Stream};
use warren_proto::{Bidi, ClientStream, Method, ServerStream, Unary};

use crate::call::{Call, Sender};
use crate::error::Error;
use crate::receive::{CallerInbox, Receiver};
use crate::session::Session;

impl Session {
    /// One request, one response. Dropping the future cancels the call.
    ///
    /// # Errors
    /// The peer's error, or the call or the session ended before there was a response.
    pub async fn unary<Q, R>(&self, method: Method<Unary, Q, R>, request: &Q) -> Result<R, Error>
    where
        Q: Message,
        R: Message + Default,
    {
        let call = self.begin(method.path).await?;
        let inbox = CallerInbox::new(call.clone());
        call.queue_message(request)?;
        call.queue(Stream::close_send);
        call.flush().await?;
        response(inbox).await
    }

    /// One request, many responses. Dropping the receiver cancels the call.
    ///
    /// # Errors
    /// The session is over. An error of the peer comes from the receiver.
    pub async fn server_stream<Q, R>(
        &self,
        method: Method<ServerStream, Q, R>,
        request: &Q,
    ) -> Result<Receiver<R>, Error>
    where
        Q: Message,
        R: Message + Default,
    {
        let call = self.begin(method.path).await?;
        let receiver = Receiver::caller(call.clone());
        call.queue_message(request)?;
        call.queue(Stream::close_send);
        call.flush().await?;
        Ok(receiver)
    }

    /// Many requests, one response. Dropping the value cancels the call.
    ///
    /// # Errors
    /// The session is over.
    pub async fn client_stream<Q, R>(&self, method: Method<ClientStream, Q, R>) -> Result<ClientStreaming<Q, R>, Error>
    where
        Q: Message,
        R: Message + Default,
    {
        let call = self.begin(method.path).await?;
        let inbox = CallerInbox::new(call.clone());
        call.flush().await?;
        Ok(ClientStreaming { sender: Sender::new(call, true), inbox, response: std::marker::PhantomData })
    }

    /// Many requests, many responses. Dropping the receiver cancels the call; dropping the sender closes its half.
    ///
    /// # Errors
    /// The session is over.
    pub async fn bidi<Q, R>(&self, method: Method<Bidi, Q, R>) -> Result<(Sender<Q>, Receiver<R>), Error>
    where
        Q: Message,
        R: Message + Default,
    {
        let call = self.begin(method.path).await?;
        let receiver = Receiver::caller(call.clone());
        call.flush().await?;
        Ok((Sender::new(call, true), receiver))
    }

    /// Opens a stream and queues the start of the call.
    async fn begin(&self, path: &str) -> Result<Arc<Call>, Error> {
        let call = Arc::new(Call::new(Arc::new(self.open().await?), Side::Client, 1));
        call.queue(|protocol, out| protocol.invoke(path, out));
        Ok(call)
    }
}

async fn response<R: Message + Default>(mut inbox: CallerInbox) -> Result<R, Error> {
    let data = inbox.recv().await?.ok_or(Error::NoResponse)?;
    inbox.conclude();
    Ok(R::decode(data)?)
}

/// A call with many requests and one response.
#[derive(Debug)]
pub struct ClientStreaming<Q: Message, R> {
    // Dropped before the sender, so that a call that is given up does not look finished.
    inbox: CallerInbox,
    sender: Sender<Q>,
    response: std::marker::PhantomData<fn() -> R>,
}

impl<Q: Message, R: Message + Default> ClientStreaming<Q, R> {
    /// Sends one more request.
    ///
    /// # Errors
    /// The call or the session is over; [`ClientStreaming::finish`] then tells the peer's error, if there is one.
    pub async fn send(&mut self, message: &Q) -> Result<(), Error> {
        self.sender.send(message).await
    }

    /// Says that no more requests follow and waits for the response.
    ///
    /// # Errors
    /// As [`Session::unary`].
    pub async fn finish(self) -> Result<R, Error> {
        let Self { sender, inbox, .. } = self;
        // When the peer has ended the call early its reason is in the inbox.
        let _ = sender.finish().await;
        response(inbox).await
    }
}

impl std::fmt::Debug for CallerInbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallerInbox").finish_non_exhaustive()
    }
}
