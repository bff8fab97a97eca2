//! The caller and the server.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use warren_auth::AgentIdentity;
use warren_core::{Cx, Error, RequestInfo, Services};

use crate::api::State;
use crate::authenticate::{Caller, context, token_of};
use crate::describe::Describe;
use crate::error::ApiError;

/// The services, for routes without a caller.
#[derive(Clone)]
pub struct Server(pub Arc<Services>);

/// The request's id, address and user agent.
#[derive(Clone)]
pub struct Request(pub Arc<RequestInfo>);

/// The agent that calls.
#[derive(Clone)]
pub struct Agent(pub Arc<AgentIdentity>);

impl FromRequestParts<State> for Cx {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Caller>();
        let info = parts.extensions.get::<Arc<RequestInfo>>().cloned().unwrap_or_default();
        match caller {
            Some(caller) => Ok(context(caller, &state.0, &info)),
            // Only a route that was registered without authentication gets here: a bug, and closed.
            None => Err(ApiError(Error::internal("a handler takes Cx on a route without authentication"))),
        }
    }
}

impl OptionalFromRequestParts<State> for Cx {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<State>>::from_request_parts(parts, state).await.ok())
    }
}

impl FromRequestParts<State> for Server {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, state: &State) -> Result<Self, Infallible> {
        Ok(Self(state.0.clone()))
    }
}

impl FromRequestParts<State> for Request {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Arc<RequestInfo>>().cloned().unwrap_or_default()))
    }
}

impl FromRequestParts<State> for Agent {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, ApiError> {
        let agent = parts.extensions.get::<Caller>().and_then(|caller| caller.agent.clone());
        agent
            .map(Self)
            .ok_or_else(|| ApiError(Error::internal("a handler takes Agent on a route without agent authentication")))
    }
}

impl Describe for Cx {}
impl Describe for Option<Cx> {}
impl Describe for Server {}
impl Describe for Request {}
impl Describe for Agent {}

/// The token that the caller authenticated with, for a call that the server makes to itself in the caller's name.
#[derive(Clone)]
pub struct SessionToken(pub String);

impl FromRequestParts<State> for SessionToken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        Ok(Self(token_of(parts, &state.0).map(|(token, _)| token).unwrap_or_default()))
    }
}

impl Describe for SessionToken {}
