//! The coordinator's shell: one machine behind a lock, one waker for each connection.
//!
//! The lock is held for one step of the machine and never over an await. A connection that does not read keeps one
//! newest piece of news per peer in the machine, nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use warren_coordinator::{CloseReason, ConnId, Coordinator, Leave, Output, PeerAuth, PeerId, wanted_tunnel};
use warren_proto::tailnet::{CoordinateRequest, CoordinateResponse, Node};
use warren_rpc::{Receiver, RpcError, Sender};

/// Requests and responses that wait in an in-process connection.
const IN_PROCESS_QUEUE: usize = 16;

/// Decides whether a user's client may open a tunnel to an agent.
#[async_trait::async_trait]
pub trait TunnelRights: Send + Sync {
    /// True when the caller may reach the agent now.
    async fn may_reach(&self, agent: Uuid) -> bool;
}

#[derive(Default)]
struct State {
    machine: Coordinator,
    wakers: HashMap<ConnId, Arc<Notify>>,
}

/// The peers of this replica.
#[derive(Clone, Default)]
pub struct Coordination {
    state: Arc<Mutex<State>>,
}

/// One connection to the machine; leaves it when dropped.
struct Connection {
    coordination: Coordination,
    id: ConnId,
    news: Arc<Notify>,
    leave: Leave,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.coordination.state.lock();
        let woken = state.machine.disconnect(self.id, self.leave);
        state.wakers.remove(&self.id);
        state.wake(woken);
    }
}

impl State {
    fn wake(&self, woken: Vec<ConnId>) {
        for waker in woken.iter().filter_map(|conn| self.wakers.get(conn)) {
            waker.notify_one();
        }
    }
}

impl Coordination {
    /// A machine without peers.
    pub fn new() -> Self {
        Self::default()
    }

    fn connect(&self, peer: Uuid, auth: PeerAuth, name: &str) -> Connection {
        let mut state = self.state.lock();
        let (id, woken) = state.machine.connect(PeerId(peer), auth, name, jiff::Timestamp::now());
        let news = Arc::new(Notify::new());
        state.wakers.insert(id, news.clone());
        state.wake(woken);
        Connection { coordination: self.clone(), id, news, leave: Leave::Lost }
    }

    /// The node that a peer published last.
    pub fn node(&self, peer: Uuid) -> Option<Node> {
        self.state.lock().machine.node(PeerId(peer)).map(|published| published.node().clone())
    }

    /// Whether a peer has a connection here.
    pub fn is_connected(&self, peer: Uuid) -> bool {
        self.state.lock().machine.is_connected(PeerId(peer))
    }

    /// Serves one `Coordinate` call until its stream ends. `rights` is asked for each tunnel of a user's client.
    pub async fn serve(
        &self,
        (peer, auth, name): (Uuid, PeerAuth, &str),
        mut requests: Receiver<CoordinateRequest>,
        mut responses: Sender<CoordinateResponse>,
        rights: Option<&dyn TunnelRights>,
    ) -> Result<(), RpcError> {
        let mut connection = self.connect(peer, auth, name);
        loop {
            tokio::select! {
                request = requests.recv() => match request {
                    // Boxed: a request is large and soon done with.
                    Ok(Some(request)) => Box::pin(connection.handle(request, rights)).await,
                    Ok(None) | Err(_) => return Ok(()),
                },
                () = connection.news.notified() => {}
            }
            let output = connection.take();
            for response in &output.responses {
                if responses.send(response).await.is_err() {
                    return Ok(());
                }
            }
            if let Some(reason) = output.closed {
                connection.ended(reason);
                return Ok(());
            }
        }
    }

    /// A connection inside this process, for the server's own node.
    pub fn in_process(
        &self,
        (peer, name): (Uuid, &'static str),
        cancel: CancellationToken,
    ) -> (mpsc::Sender<CoordinateRequest>, mpsc::Receiver<CoordinateResponse>, impl Future<Output = ()> + Send + use<>)
    {
        let (request_sender, mut requests) = mpsc::channel(IN_PROCESS_QUEUE);
        let (responses, response_receiver) = mpsc::channel(IN_PROCESS_QUEUE);
        let mut connection = self.connect(peer, PeerAuth::Server, name);
        let serve = async move {
            loop {
                tokio::select! {
                    () = cancel.cancelled() => return,
                    request = requests.recv() => match request {
                        Some(request) => connection.handle(request, None).await,
                        None => return,
                    },
                    () = connection.news.notified() => {}
                }
                let output = connection.take();
                for response in output.responses {
                    if responses.send(response).await.is_err() {
                        return;
                    }
                }
                if let Some(reason) = output.closed {
                    connection.ended(reason);
                    return;
                }
            }
        };
        (request_sender, response_receiver, serve)
    }
}

impl Connection {
    async fn handle(&mut self, request: CoordinateRequest, rights: Option<&dyn TunnelRights>) {
        let granted = match (wanted_tunnel(&request), rights) {
            (Some(agent), Some(rights)) if rights.may_reach(agent.0).await => Some(agent),
            _ => None,
        };
        let mut state = self.coordination.state.lock();
        if let Some(agent) = granted {
            state.machine.grant_tunnel(self.id, agent);
        }
        let woken = state.machine.handle_request(self.id, request, jiff::Timestamp::now());
        state.wake(woken);
    }

    fn take(&self) -> Output {
        self.coordination.state.lock().machine.take_output(self.id)
    }

    fn ended(&mut self, reason: CloseReason) {
        if reason == CloseReason::Disconnected {
            self.leave = Leave::Graceful;
        }
    }
}
