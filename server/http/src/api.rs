//! The table of routes: what each is, who may call it, what it takes and returns, and how it runs.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler;
use axum::response::Response;
use http::{Method, StatusCode};
use utoipa::ToSchema;
use warren_core::Services;

use crate::describe::{DescribeHandler, Operation, TypeSchema};

/// What extractors reach: the services. A type of this crate, so that `Cx` can be an extractor.
#[derive(Clone)]
pub struct State(pub Arc<Services>);

impl Deref for State {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

/// Who may call a route. The pipeline sees to it before the handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Anybody.
    None,
    /// A user with a valid key.
    Session,
    /// Anybody; a valid key is recognised.
    SessionOptional,
    /// A workspace agent.
    Agent,
    /// A provisioner daemon with a key or the shared secret, or a user.
    ProvisionerDaemon,
}

/// Which rate limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateScope {
    /// None.
    None,
    /// The general one.
    Api,
    /// Login and password routes.
    Login,
    /// Uploads.
    Files,
}

impl Route {
    /// Whether it opens a websocket.
    pub fn is_websocket(&self) -> bool {
        self.operation.websocket
    }
}

type BoxFuture = Pin<Box<dyn Future<Output = Response> + Send>>;
type BoxHandler = Arc<dyn Fn(Request, State) -> BoxFuture + Send + Sync>;

/// A route.
#[derive(Clone)]
pub struct Route {
    /// The method; `None`: every method.
    pub method: Option<Method>,
    /// The pattern, as in the contract.
    pub path: &'static str,
    /// The operation id.
    pub id: &'static str,
    /// Who may call it.
    pub auth: Auth,
    /// Its group in the document.
    pub tag: &'static str,
    /// Status of a success.
    pub status: StatusCode,
    /// Which rate limit counts.
    pub limit: RateScope,
    /// Other statuses of a success.
    pub also: &'static [u16],
    /// Query parameters with their forms, for the document: `name`, `name:integer`, `name:boolean`, `name:uuid`,
    /// `name:date-time`, or `name:one|two` for one of several words; `!` behind the name when it must be there.
    pub query: &'static [&'static str],
    pub(crate) operation: Operation,
    pub(crate) handler: BoxHandler,
}

/// Collects the routes.
#[derive(Default)]
pub struct Api {
    routes: Vec<Route>,
    tag: &'static str,
}

/// The extras of a route that was just added.
pub struct RouteOptions<'a>(&'a mut Route);

impl Api {
    /// Every route so far.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The group of the routes that are added from here on.
    pub fn tag(&mut self, tag: &'static str) {
        self.tag = tag;
    }

    /// Adds a GET route.
    pub fn get<H, T>(&mut self, path: &'static str, id: &'static str, auth: Auth, handler: H) -> RouteOptions<'_>
    where
        H: Handler<T, State> + DescribeHandler<T>,
    {
        self.add(Some(Method::GET), (path, id), auth, handler)
    }

    /// Adds a POST route.
    pub fn post<H, T>(&mut self, path: &'static str, id: &'static str, auth: Auth, handler: H) -> RouteOptions<'_>
    where
        H: Handler<T, State> + DescribeHandler<T>,
    {
        self.add(Some(Method::POST), (path, id), auth, handler)
    }

    /// Adds a PUT route.
    pub fn put<H, T>(&mut self, path: &'static str, id: &'static str, auth: Auth, handler: H) -> RouteOptions<'_>
    where
        H: Handler<T, State> + DescribeHandler<T>,
    {
        self.add(Some(Method::PUT), (path, id), auth, handler)
    }

    /// Adds a PATCH route.
    pub fn patch<H, T>(&mut self, path: &'static str, id: &'static str, auth: Auth, handler: H) -> RouteOptions<'_>
    where
        H: Handler<T, State> + DescribeHandler<T>,
    {
        self.add(Some(Method::PATCH), (path, id), auth, handler)
    }

    /// Adds a DELETE route.
    pub fn delete<H, T>(&mut self, path: &'static str, id: &'static str, auth: Auth, handler: H) -> RouteOptions<'_>
    where
        H: Handler<T, State> + DescribeHandler<T>,
    {
        self.add(Some(Method::DELETE), (path, id), auth, handler)
    }

    /// Adds a websocket: a GET route whose handler takes `Upgrade`.
    pub fn ws<H, T>(&mut self, path: &'static str, id: &'static str, auth: Auth, handler: H) -> RouteOptions<'_>
    where
        H: Handler<T, State> + DescribeHandler<T>,
    {
        self.add(Some(Method::GET), (path, id), auth, handler)
    }

    /// Adds a route for every method.
    pub fn any<H, T>(&mut self, path: &'static str, id: &'static str, auth: Auth, handler: H) -> RouteOptions<'_>
    where
        H: Handler<T, State> + DescribeHandler<T>,
    {
        self.add(None, (path, id), auth, handler)
    }

    fn add<H, T>(
        &mut self,
        method: Option<Method>,
        (path, id): (&'static str, &'static str),
        auth: Auth,
        handler: H,
    ) -> RouteOptions<'_>
    where
        H: Handler<T, State> + DescribeHandler<T>,
    {
        let mut operation = Operation::default();
        <H as DescribeHandler<T>>::describe(&mut operation);
        let handler: BoxHandler = Arc::new(move |request, state| {
            let handler = handler.clone();
            Box::pin(async move { handler.call(request, state).await })
        });
        let limit = if path.starts_with("/api/") { RateScope::Api } else { RateScope::None };
        let status = if operation.empty { StatusCode::NO_CONTENT } else { StatusCode::OK };
        self.routes.push(Route {
            method,
            path,
            id,
            auth,
            tag: self.tag,
            status,
            also: &[],
            limit,
            query: &[],
            operation,
            handler,
        });
        RouteOptions(self.routes.last_mut().expect("just added"))
    }
}

impl RouteOptions<'_> {
    /// The status of a success, when it is not 200.
    ///
    /// # Panics
    /// For a number that is no status.
    pub fn status(self, status: u16) -> Self {
        self.0.status = StatusCode::from_u16(status).expect("a valid status");
        self
    }

    /// The group in the document.
    pub fn tag(self, tag: &'static str) -> Self {
        self.0.tag = tag;
        self
    }

    /// Other statuses of a success; the body is the same, except where the status has none.
    pub fn also(self, statuses: &'static [u16]) -> Self {
        self.0.also = statuses;
        self
    }

    /// The forms of the query parameters (see [`Route::query`]). Names alone need not be told: they are known from the
    /// handler's arguments.
    pub fn query(self, parameters: &'static [&'static str]) -> Self {
        self.0.query = parameters;
        self
    }

    /// The body's type, for handlers that write the response themselves.
    pub fn returns<T: ToSchema>(self) -> Self {
        self.0.operation.response = Some(TypeSchema::of::<T>());
        self
    }

    /// The media type of a response that is not JSON.
    pub fn media(self, media: &'static str) -> Self {
        self.0.operation.media = Some(media);
        self
    }

    /// The data of the server-sent events that answer.
    pub fn events<T: ToSchema>(self) -> Self {
        self.returns::<T>().media("text/event-stream")
    }

    /// What the server says over the websocket, as JSON.
    pub fn messages<T: ToSchema>(self) -> Self {
        self.0.operation.message = Some(TypeSchema::of::<T>());
        self
    }

    /// Media types of a body that is taken as it is.
    pub fn takes_bytes(self, media: &'static [&'static str]) -> Self {
        self.0.operation.body_media = media;
        self
    }

    /// The type of a body that may be left out, for handlers that read it themselves.
    pub fn may_take<T: ToSchema>(self) -> Self {
        self.0.operation.body = Some(TypeSchema::of::<T>());
        self.0.operation.body_optional = true;
        self
    }

    /// Another rate limit than the general one.
    pub fn limit(self, scope: RateScope) -> Self {
        self.0.limit = scope;
        self
    }
}
