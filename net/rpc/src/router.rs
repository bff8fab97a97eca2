//! Which methods a side serves, and by which functions.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use prost::Message;
use warren_drpc::RpcError;
use warren_proto::{Bidi, ClientStream, Method, ServerStream, Unary};

use crate::call::{Call, Sender};
use crate::error::Error;
use crate::receive::{HandlerInbox, Receiver};

/// What an RPC ends with when its handler succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The single response was sent: half close.
    Reply,
    /// The end of a stream of responses: full close.
    Stream,
}

type Run<C> = dyn Fn(C, Arc<Call>, Arc<HandlerInbox>) -> BoxFuture<'static, Result<(), RpcError>> + Send + Sync;

pub(crate) struct Handler<C> {
    pub(crate) ending: Ending,
    /// The handler reads the requests itself, so it is told of their end and given time instead of being dropped.
    pub(crate) reads: bool,
    pub(crate) run: Box<Run<C>>,
}

/// The served methods; `C` is the context of a session, cloned for each call.
pub struct Router<C> {
    handlers: BTreeMap<&'static str, Option<Handler<C>>>,
}

impl<C> Default for Router<C> {
    fn default() -> Self {
        Self { handlers: BTreeMap::new() }
    }
}

impl<C: Clone + Send + 'static> Router<C> {
    /// A router without methods.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves a method with one request and one response. The handler is dropped when the caller gives up.
    #[must_use]
    pub fn unary<Q, R, F, Fut>(self, method: Method<Unary, Q, R>, handler: F) -> Self
    where
        Q: Message + Default + 'static,
        R: Message + 'static,
        F: Fn(C, Q) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, RpcError>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.insert(method.path, Ending::Reply, false, move |ctx, call, inbox| {
            let handler = handler.clone();
            Box::pin(async move {
                let request = request::<Q>(&inbox).await?;
                let response = handler(ctx, request).await?;
                Ok(call.queue_message(&response)?)
            })
        })
    }

    /// Serves a method with one request and many responses; the call ends with the handler. The handler is dropped
    /// when the caller gives up.
    #[must_use]
    pub fn server_stream<Q, R, F, Fut>(self, method: Method<ServerStream, Q, R>, handler: F) -> Self
    where
        Q: Message + Default + 'static,
        R: Message + 'static,
        F: Fn(C, Q, Sender<R>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), RpcError>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.insert(method.path, Ending::Stream, false, move |ctx, call, inbox| {
            let handler = handler.clone();
            Box::pin(async move {
                let request = request::<Q>(&inbox).await?;
                handler(ctx, request, Sender::new(call, false)).await
            })
        })
    }

    /// Serves a method with many requests and one response. When the caller gives up the receiver says so, and the
    /// handler has ten seconds to end.
    #[must_use]
    pub fn client_stream<Q, R, F, Fut>(self, method: Method<ClientStream, Q, R>, handler: F) -> Self
    where
        Q: Message + Default + 'static,
        R: Message + 'static,
        F: Fn(C, Receiver<Q>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, RpcError>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.insert(method.path, Ending::Reply, true, move |ctx, call, inbox| {
            let future = handler(ctx, Receiver::handler(inbox));
            Box::pin(async move { Ok(call.queue_message(&future.await?)?) })
        })
    }

    /// Serves a method with many requests and many responses; the call ends with the handler. When the caller gives up
    /// the receiver says so, and the handler has ten seconds to end.
    #[must_use]
    pub fn bidi<Q, R, F, Fut>(self, method: Method<Bidi, Q, R>, handler: F) -> Self
    where
        Q: Message + Default + 'static,
        R: Message + 'static,
        F: Fn(C, Receiver<Q>, Sender<R>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), RpcError>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.insert(method.path, Ending::Stream, true, move |ctx, call, inbox| {
            Box::pin(handler(ctx, Receiver::handler(inbox), Sender::new(call, false)))
        })
    }

    /// Knows a method but answers that it is not implemented (code 12).
    #[must_use]
    pub fn unimplemented<S, Q, R>(mut self, method: Method<S, Q, R>) -> Self {
        self.handlers.insert(method.path, None);
        self
    }

    /// Adds the methods of `other`; they replace those of the same name.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.handlers.extend(other.handlers);
        self
    }

    /// The paths of all methods, those that are not implemented included.
    pub fn methods(&self) -> Vec<&'static str> {
        self.handlers.keys().copied().collect()
    }

    pub(crate) fn find(&self, path: &str) -> Result<&Handler<C>, RpcError> {
        match self.handlers.get(path) {
            Some(Some(handler)) => Ok(handler),
            Some(None) => Err(RpcError::unimplemented()),
            None => Err(RpcError::unknown_rpc(path)),
        }
    }

    fn insert<F>(mut self, path: &'static str, ending: Ending, reads: bool, run: F) -> Self
    where
        F: Fn(C, Arc<Call>, Arc<HandlerInbox>) -> BoxFuture<'static, Result<(), RpcError>> + Send + Sync + 'static,
    {
        self.handlers.insert(path, Some(Handler { ending, reads, run: Box::new(run) }));
        self
    }
}

impl<C> std::fmt::Debug for Router<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.handlers.keys()).finish()
    }
}

async fn request<Q: Message + Default>(inbox: &HandlerInbox) -> Result<Q, RpcError> {
    let data = inbox.recv().await?.ok_or_else(|| RpcError::new("protocol error: a call without a request"))?;
    Ok(Q::decode(data).map_err(Error::from)?)
}
