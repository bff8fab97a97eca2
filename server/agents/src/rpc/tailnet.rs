//! The tailnet methods on an agent's session.

use warren_coordinator::PeerAuth;
use warren_proto::tailnet::{CoordinateRequest, CoordinateResponse, DerpMap, StreamDerpMapsRequest};
use warren_rpc::{Receiver, RpcError, Sender};

use crate::session::AgentSession;

/// The map does not change while a server runs: it is sent once, and the stream stays open as agents expect.
pub(super) async fn stream_derp_maps(
    session: AgentSession,
    _: StreamDerpMapsRequest,
    mut maps: Sender<DerpMap>,
) -> Result<(), RpcError> {
    maps.send(&session.agents.0.derp_map).await?;
    drop(session);
    std::future::pending().await
}

pub(super) async fn coordinate(
    session: AgentSession,
    requests: Receiver<CoordinateRequest>,
    responses: Sender<CoordinateResponse>,
) -> Result<(), RpcError> {
    let peer = (session.identity.agent_id, PeerAuth::Agent, session.identity.agent_name.as_str());
    session.agents.0.coordination.serve(peer, requests, responses, None).await
}
