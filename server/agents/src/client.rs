//! The tailnet service for clients: one agent, or all that a user may reach.

use std::sync::Arc;

use prost_types::{Duration, Timestamp as ProtoTimestamp};
use uuid::Uuid;
use warren_coordinator::{PeerAuth, PeerId};
use warren_proto::tailnet::tailnet_methods as net;
use warren_proto::tailnet::{
    CoordinateRequest, CoordinateResponse, DerpMap, RefreshResumeTokenRequest, RefreshResumeTokenResponse,
    StreamDerpMapsRequest,
};
use warren_rpc::{Receiver, Router, RpcError, Sender, Session, WsPipe};

use crate::Agents;
use crate::coordination::TunnelRights;
use crate::defaults::RESUME_TOKEN_LIFE;
use crate::service::now;

/// Whom a client may reach.
#[derive(Clone)]
pub enum ClientRights {
    /// This agent alone; the caller has checked that it may.
    Agent(Uuid),
    /// Whomever this says, asked for each tunnel.
    User(Arc<dyn TunnelRights>),
}

/// What the methods of a session know; cloned for each call.
#[derive(Clone)]
pub(crate) struct ClientSession {
    agents: Agents,
    peer: Uuid,
    rights: ClientRights,
    name: Arc<str>,
}

pub(crate) fn router() -> Router<ClientSession> {
    Router::new()
        .unary(net::POST_TELEMETRY, |_, _| async { Ok(Default::default()) })
        .server_stream(net::STREAM_DERP_MAPS, stream_derp_maps)
        .unary(net::REFRESH_RESUME_TOKEN, refresh_resume_token)
        .bidi(net::COORDINATE, coordinate)
        .unimplemented(net::WORKSPACE_UPDATES)
}

async fn stream_derp_maps(
    session: ClientSession,
    _: StreamDerpMapsRequest,
    mut maps: Sender<DerpMap>,
) -> Result<(), RpcError> {
    maps.send(&session.agents.0.derp_map).await?;
    drop(session);
    std::future::pending().await
}

async fn refresh_resume_token(
    session: ClientSession,
    _: RefreshResumeTokenRequest,
) -> Result<RefreshResumeTokenResponse, RpcError> {
    let issued = session.agents.0.resume.issue(session.peer, now());
    let refresh = i64::try_from(RESUME_TOKEN_LIFE.as_secs() / 2).unwrap_or(0);
    Ok(RefreshResumeTokenResponse {
        token: issued.token,
        refresh_in: Some(Duration { seconds: refresh, nanos: 0 }),
        expires_at: Some(ProtoTimestamp { seconds: issued.expires_at.as_second(), nanos: 0 }),
    })
}

async fn coordinate(
    session: ClientSession,
    requests: Receiver<CoordinateRequest>,
    responses: Sender<CoordinateResponse>,
) -> Result<(), RpcError> {
    let (auth, rights) = match &session.rights {
        ClientRights::Agent(agent) => (PeerAuth::SingleAgentClient(PeerId(*agent)), None),
        ClientRights::User(rights) => (PeerAuth::UserClient, Some(&**rights)),
    };
    session.agents.0.coordination.serve((session.peer, auth, &session.name), requests, responses, rights).await
}

impl Agents {
    /// Serves a client's connection until it ends or `revoked` resolves.
    pub async fn serve_client(
        &self,
        (peer, name): (Uuid, &str),
        rights: ClientRights,
        pipe: WsPipe,
        revoked: impl Future<Output = ()>,
    ) {
        let closer = pipe.closer();
        let session = Session::server(pipe);
        let context = ClientSession { agents: self.clone(), peer, rights, name: name.into() };
        let cancel = self.0.shutdown.child_token();
        let serve = warren_rpc::serve(session.clone(), self.0.client_router.clone(), context, cancel.clone());
        let mut serve = std::pin::pin!(serve);
        let outcome = tokio::select! {
            outcome = &mut serve => outcome,
            () = revoked => {
                closer.set(1008, "session ended");
                cancel.cancel();
                serve.await
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a client's session failed");
            closer.set_internal_error(&error.to_string());
        }
        session.closed().await;
    }
}
