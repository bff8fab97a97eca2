//! Who asks: reads the token of a request and turns it into an actor (rest.md §2).

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Uri, header};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use warren_auth::{AgentIdentity, AuthError, load_actor};
use warren_core::{Cx, Error, RequestInfo, Services};
use warren_rbac::{Actor, ActorBuilder, Scope};

use crate::api::Auth;
use crate::cookies;
use crate::csrf::bearer;
use crate::error::ApiError;

/// Where the token came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenSource {
    /// A browser sends it by itself, so another site can cause the request.
    Cookie,
    /// The client put it there.
    Explicit,
}

/// An authenticated caller.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    pub(crate) source: TokenSource,
    pub(crate) agent: Option<Arc<AgentIdentity>>,
}

/// The token of a request, in the order of the contract: a stale cookie beats a good header.
pub(crate) fn token_of(request: &Parts, services: &Services) -> Option<(String, TokenSource)> {
    let (headers, uri) = (&request.headers, &request.uri);
    if let Some(token) = cookies::session(headers, &services.config) {
        return Some((token.to_owned(), TokenSource::Cookie));
    }
    query_parameter(uri, cookies::SESSION)
        .or_else(|| session_header(headers).map(str::to_owned))
        .or_else(|| bearer(headers).map(str::to_owned))
        .or_else(|| query_parameter(uri, "access_token"))
        .map(|token| (token, TokenSource::Explicit))
}

pub(crate) fn session_header(headers: &HeaderMap) -> Option<&str> {
    headers.get("coder-session-token")?.to_str().ok().filter(|token| !token.is_empty())
}

pub(crate) fn query_parameter(uri: &Uri, name: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.into_iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.into_owned())
}

/// The user behind the request's token.
pub(crate) async fn session(request: &Parts, services: &Services, info: &RequestInfo) -> Result<Caller, AuthError> {
    let (token, source) = token_of(request, services).ok_or(AuthError::Missing)?;
    let now = services.now();
    let session = services.keys.authenticate(&token, &info.ip, now).await?;
    if session.dormant {
        warren_core::users::activate_dormant(services, session.actor.user_id, now).await?;
    }
    Ok(Caller { actor: session.actor, source, agent: None })
}

/// Decides about a request before its handler runs.
///
/// `user` is what the token of a user said, looked at once for the rate limit and for this.
pub(crate) async fn authenticate(
    auth: Auth,
    request: &Parts,
    services: &Arc<Services>,
    user: Result<Caller, AuthError>,
) -> Result<Option<Caller>, Box<Response>> {
    match auth {
        Auth::None => Ok(None),
        Auth::Session => user.map(Some).map_err(|error| refuse(error, services)),
        Auth::SessionOptional => match user {
            Ok(caller) => Ok(Some(caller)),
            Err(error @ AuthError::Db(_)) => Err(refuse(error, services)),
            Err(_) => Ok(None),
        },
        Auth::Agent => {
            agent(request, services).await.map(Some).map_err(|error| Box::new(ApiError(error).into_response()))
        }
        Auth::ProvisionerDaemon => provisioner(request, services, user).await,
    }
}

/// 401 of a key, with the challenge that the contract asks for.
fn refuse(error: AuthError, services: &Services) -> Box<Response> {
    let description = error.to_string().replace('"', "'");
    let mut response = ApiError::from(error).into_response();
    if response.status() == http::StatusCode::UNAUTHORIZED {
        let base = services.config.access_url.as_str().trim_end_matches('/');
        let challenge = format!(
            "Bearer realm=\"coder\", error=\"invalid_token\", error_description=\"{description}\", \
             resource_metadata=\"{base}/.well-known/oauth-protected-resource\""
        );
        if let Ok(value) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
    }
    Box::new(response)
}

async fn agent(request: &Parts, services: &Arc<Services>) -> Result<Caller, Error> {
    let Some((token, source)) = token_of(request, services) else {
        return Err(Error::unauthorized("Cookie \"coder_session_token\" must be provided."));
    };
    let token = Uuid::parse_str(&token).map_err(|error| {
        Error::unauthorized("Workspace agent token invalid.").detail(format!("An agent token is a UUID: {error}."))
    })?;
    let unknown = || {
        Error::unauthorized("Workspace agent not authorized.")
            .detail("The token belongs to no agent of the latest build of a workspace.")
    };
    let lookup = services.agent_tokens.get().ok_or_else(unknown)?;
    let identity = lookup.find_agent(token).await?.ok_or_else(unknown)?;
    let actor = agent_actor(services, &identity).await?.ok_or_else(unknown)?;
    Ok(Caller { actor, source, agent: Some(Arc::new(identity)) })
}

async fn agent_actor(services: &Services, identity: &AgentIdentity) -> Result<Option<Actor>, Error> {
    let conn = services.db.conn().await?;
    let Some(builder) = load_actor(&conn, identity.owner_id, services.keys.role_options()).await? else {
        return Ok(None);
    };
    let owner = (!identity.no_user_data).then_some(identity.owner_id);
    let scope = Scope::agent(identity.workspace_id, identity.template_id, identity.template_version_id, owner);
    Ok(Some(builder.agent(identity.agent_id, identity.workspace_id, scope).build()))
}

async fn provisioner(
    request: &Parts,
    services: &Arc<Services>,
    user: Result<Caller, AuthError>,
) -> Result<Option<Caller>, Box<Response>> {
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (key, psk) = (header("coder-provisioner-daemon-key"), header("coder-provisioner-daemon-psk"));
    let answer = |error: Error| Box::new(ApiError(error).into_response());
    if key.is_empty() && psk.is_empty() {
        return user.map(Some).map_err(|error| refuse(error, services));
    }
    let builder = if key.is_empty() {
        let expected = services.config.provisioner_daemon_psk.reveal();
        if expected.is_empty() || !bool::from(expected.as_bytes().ct_eq(psk.as_bytes())) {
            return Err(answer(Error::unauthorized("The provisioner daemon's shared secret is invalid.")));
        }
        let organization = warren_core::organizations::default_organization_id(services).await.map_err(answer)?;
        ActorBuilder::provisioner_daemon(None, organization)
    } else {
        let unknown = || answer(Error::unauthorized("The provisioner key is invalid."));
        let lookup = services.provisioner_keys.get().ok_or_else(unknown)?;
        let found = lookup.find_key(key).await.map_err(|error| answer(error.into()))?.ok_or_else(unknown)?;
        ActorBuilder::provisioner_daemon(Some(found.id), found.organization_id)
    };
    Ok(Some(Caller { actor: builder.build(), source: TokenSource::Explicit, agent: None }))
}

/// The context of an authenticated call.
pub(crate) fn context(caller: &Caller, services: &Arc<Services>, info: &Arc<RequestInfo>) -> Cx {
    Cx { actor: caller.actor.clone(), services: services.clone(), request: info.clone() }
}
