//! One run of the Coordinate stream: own node and wishes out, peers in (`docs/protocol/tailnet.md`, "Coordination").

use std::collections::BTreeSet;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warren_proto::tailnet::coordinate_request::{Disconnect, ReadyForHandshake, Tunnel, UpdateSelf};
use warren_proto::tailnet::coordinate_response::PeerUpdate;
use warren_proto::tailnet::coordinate_response::peer_update::Kind;
use warren_proto::tailnet::tailnet_methods as method;
use warren_proto::tailnet::{CoordinateRequest, CoordinateResponse, Node as ProtoNode, StreamDerpMapsRequest};

use crate::command::Command;
use crate::core::{PeerNode, Update};
use crate::defaults::DISCONNECT_WAIT;
use crate::{Error, Node};

/// Which end of tunnels this node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Others open tunnels to it; it acknowledges their nodes.
    Agent,
    /// It opens tunnels to these and to whatever [`Node::add_destination`] names.
    Client {
        /// Agents.
        destinations: Vec<Uuid>,
    },
}

/// How a run of coordination ended, when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoordinationEnd {
    /// We said goodbye and the coordinator took note (or had its time to).
    Disconnected,
    /// The stream ended. Tunnels go on; coordinate again.
    Lost,
}

/// Errors of the coordinator that are only a warning begin so.
const HARMLESS: &str = "ready for handshake error";

/// Where requests go.
trait Outgoing {
    async fn send(&mut self, request: CoordinateRequest) -> Result<(), Error>;
}

/// Where responses come from. `None` at the end. Dropping the future loses nothing.
trait Incoming {
    async fn next(&mut self) -> Result<Option<CoordinateResponse>, Error>;
}

impl Outgoing for warren_rpc::Sender<CoordinateRequest> {
    async fn send(&mut self, request: CoordinateRequest) -> Result<(), Error> {
        Ok(warren_rpc::Sender::send(self, &request).await?)
    }
}

impl Incoming for warren_rpc::Receiver<CoordinateResponse> {
    async fn next(&mut self) -> Result<Option<CoordinateResponse>, Error> {
        Ok(self.recv().await?)
    }
}

impl Outgoing for mpsc::Sender<CoordinateRequest> {
    async fn send(&mut self, request: CoordinateRequest) -> Result<(), Error> {
        mpsc::Sender::send(self, request).await.map_err(|_| Error::Coordinator("gone".into()))
    }
}

impl Incoming for mpsc::Receiver<CoordinateResponse> {
    async fn next(&mut self) -> Result<Option<CoordinateResponse>, Error> {
        Ok(self.recv().await)
    }
}

impl Node {
    /// Coordinates over a session until the stream ends, or says goodbye when cancelled. Whatever the end, tunnels that
    /// work go on working; call again with the next session.
    pub async fn coordinate(
        &self,
        session: &warren_rpc::Session,
        role: Role,
        cancel: CancellationToken,
    ) -> Result<CoordinationEnd, Error> {
        let (outgoing, incoming) = session.bidi(method::COORDINATE).await?;
        self.coordinate_over(outgoing, incoming, role, cancel).await
    }

    /// The same with a coordinator in this process.
    pub async fn coordinate_in_process(
        &self,
        requests: mpsc::Sender<CoordinateRequest>,
        responses: mpsc::Receiver<CoordinateResponse>,
        role: Role,
        cancel: CancellationToken,
    ) -> Result<CoordinationEnd, Error> {
        self.coordinate_over(requests, responses, role, cancel).await
    }

    async fn coordinate_over(
        &self,
        outgoing: impl Outgoing,
        incoming: impl Incoming,
        role: Role,
        cancel: CancellationToken,
    ) -> Result<CoordinationEnd, Error> {
        if let Role::Client { destinations } = &role {
            for peer in destinations {
                self.add_destination(*peer).await?;
            }
        }
        let mut run = Run {
            node: self,
            published: self.published(),
            destinations: self.destinations(),
            asked: BTreeSet::new(),
            acknowledges: role == Role::Agent,
            outgoing,
            incoming,
        };
        let result = run.until_end(cancel).await;
        if !matches!(result, Ok(CoordinationEnd::Disconnected)) {
            self.command(Command::CoordinationLost).await?;
        }
        result
    }

    /// Applies each relay map that the server streams, until the stream ends or it is cancelled.
    pub async fn follow_derp_maps(
        &self,
        session: &warren_rpc::Session,
        cancel: CancellationToken,
    ) -> Result<(), Error> {
        let mut maps = session.server_stream(method::STREAM_DERP_MAPS, &StreamDerpMapsRequest {}).await?;
        loop {
            let map = tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                map = maps.recv() => map?,
            };
            let Some(map) = map else { return Ok(()) };
            self.set_derp_map(map).await?;
        }
    }
}

struct Run<'a, O, I> {
    node: &'a Node,
    published: watch::Receiver<Option<ProtoNode>>,
    destinations: watch::Receiver<BTreeSet<Uuid>>,
    /// Tunnels that this stream has asked for.
    asked: BTreeSet<Uuid>,
    acknowledges: bool,
    outgoing: O,
    incoming: I,
}

impl<O: Outgoing, I: Incoming> Run<'_, O, I> {
    async fn until_end(&mut self, cancel: CancellationToken) -> Result<CoordinationEnd, Error> {
        self.sync_destinations().await?;
        self.publish().await?;
        let closed = self.node.closed();
        loop {
            tokio::select! {
                biased;
                () = closed.cancelled() => return Err(Error::Closed),
                () = cancel.cancelled() => return self.say_goodbye().await,
                response = self.incoming.next() => match response? {
                    Some(response) => self.handle(response).await?,
                    None => return Ok(CoordinationEnd::Lost),
                },
                Ok(()) = self.published.changed() => self.publish().await?,
                Ok(()) = self.destinations.changed() => self.sync_destinations().await?,
            }
        }
    }

    async fn publish(&mut self) -> Result<(), Error> {
        let node = self.published.borrow_and_update().clone();
        let Some(node) = node else { return Ok(()) };
        let update_self = Some(UpdateSelf { node: Some(node) });
        self.outgoing.send(CoordinateRequest { update_self, ..CoordinateRequest::default() }).await
    }

    async fn sync_destinations(&mut self) -> Result<(), Error> {
        let wanted = self.destinations.borrow_and_update().clone();
        let tunnel = |id: &Uuid| Some(Tunnel { id: id.as_bytes().to_vec().into() });
        for id in wanted.difference(&self.asked) {
            let request = CoordinateRequest { add_tunnel: tunnel(id), ..CoordinateRequest::default() };
            self.outgoing.send(request).await?;
        }
        for id in self.asked.difference(&wanted) {
            let request = CoordinateRequest { remove_tunnel: tunnel(id), ..CoordinateRequest::default() };
            self.outgoing.send(request).await?;
        }
        self.asked = wanted;
        Ok(())
    }

    async fn handle(&mut self, response: CoordinateResponse) -> Result<(), Error> {
        if response.error.starts_with(HARMLESS) {
            tracing::warn!(error = response.error, "coordinator");
        } else if !response.error.is_empty() {
            return Err(Error::Coordinator(response.error));
        }
        let updates: Vec<_> = response.peer_updates.into_iter().filter_map(parse).collect();
        if updates.is_empty() {
            return Ok(());
        }
        let known = self.node.apply(updates).await?;
        if !self.acknowledges || known.is_empty() {
            return Ok(());
        }
        // Their handshakes are welcome from now on: the peers are installed.
        let ready = |id: Uuid| ReadyForHandshake { id: id.as_bytes().to_vec().into() };
        let ready_for_handshake = known.into_iter().map(ready).collect();
        self.outgoing.send(CoordinateRequest { ready_for_handshake, ..CoordinateRequest::default() }).await
    }

    /// Says goodbye and waits until the coordinator closes the stream, so that the word is not lost.
    async fn say_goodbye(&mut self) -> Result<CoordinationEnd, Error> {
        let goodbye = CoordinateRequest { disconnect: Some(Disconnect {}), ..CoordinateRequest::default() };
        let exchange = async {
            self.outgoing.send(goodbye).await?;
            while self.incoming.next().await?.is_some() {}
            Ok::<_, Error>(())
        };
        match timeout(DISCONNECT_WAIT, exchange).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "goodbye"),
            Err(_) => tracing::debug!("the coordinator did not answer the goodbye"),
        }
        Ok(CoordinationEnd::Disconnected)
    }
}

fn parse(update: PeerUpdate) -> Option<(Uuid, Update)> {
    let id = Uuid::from_slice(&update.id).ok()?;
    let news = match update.kind() {
        Kind::Node => match PeerNode::try_from(update.node.as_ref()?) {
            Ok(node) => Update::Node(node),
            Err(error) => {
                tracing::warn!(peer.id = %id, %error, "unusable node ignored");
                return None;
            }
        },
        Kind::ReadyForHandshake => Update::ReadyForHandshake,
        Kind::Disconnected => Update::Disconnected,
        Kind::Lost => Update::Lost,
        Kind::Unspecified => return None,
    };
    Some((id, news))
}
