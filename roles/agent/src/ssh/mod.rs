//! The SSH server inside the tunnel (agent.md §21): no authentication (the tunnel is the authorization),
//! sessions, forwarding in both directions, SFTP.

mod forward;
mod handler;
mod hostkey;
mod process;
mod session;
mod sftp;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use russh::server::{self, Config};
use russh::{MethodKind, MethodSet, SshId};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::environment::{Paths, WorkspaceWatch};
use crate::user::User;

pub use hostkey::host_key;

/// Bytes that a peer may send on a channel before we extend its window.
const WINDOW: u32 = 2 * 1024 * 1024;
/// Bytes of one data packet: what OpenSSH uses.
const PACKET: u32 = 32 * 1024;

/// What an operator may switch off.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    pub block_file_transfer: bool,
    pub block_local_forwarding: bool,
    pub block_reverse_forwarding: bool,
    /// A keep-alive goes out every third of it; zero = none.
    pub max_timeout: Duration,
}

/// Something that happened to a session; the agent reports and counts it.
#[derive(Debug, Clone)]
pub enum SessionEvent {
    Started { id: uuid::Uuid, app: String, ip: String },
    Ended { id: uuid::Uuid, app: String, ip: String, code: i32, reason: String },
}

/// What all connections share.
pub struct Shared {
    pub user: User,
    pub paths: Paths,
    pub workspace: WorkspaceWatch,
    pub limits: Limits,
    /// Announcement banners shown before an interactive login.
    pub banners: parking_lot::Mutex<Vec<String>>,
    pub events: Box<dyn Fn(SessionEvent) + Send + Sync>,
    /// Ends every session when cancelled.
    pub shutdown: CancellationToken,
    pub tasks: TaskTracker,
}

/// The server: one instance serves every connection.
#[derive(Clone)]
pub struct SshServer {
    shared: Arc<Shared>,
    config: Arc<Config>,
}

impl SshServer {
    /// A server with the host key of the workspace.
    pub fn new(shared: Arc<Shared>, key: russh::keys::PrivateKey) -> Self {
        let keepalive = shared.limits.max_timeout / 3;
        let config = Config {
            server_id: SshId::Standard(std::borrow::Cow::Borrowed("SSH-2.0-Warren")),
            methods: MethodSet::from(&[MethodKind::None][..]),
            keys: vec![key],
            window_size: WINDOW,
            maximum_packet_size: PACKET,
            // Nothing is rejected, so there is no timing to hide.
            auth_rejection_time: Duration::ZERO,
            auth_rejection_time_initial: Some(Duration::ZERO),
            inactivity_timeout: None,
            keepalive_interval: (keepalive >= Duration::from_secs(1)).then_some(keepalive),
            keepalive_max: 3,
            ..Config::default()
        };
        Self { shared, config: Arc::new(config) }
    }

    /// Serves one connection until it ends or the server shuts down. `peer` is the client's address as reported.
    pub async fn serve<S>(&self, stream: S, peer: String)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connection = CancellationToken::new();
        let guard = connection.clone().drop_guard();
        let handler = handler::Connection::new(self.shared.clone(), connection, peer);
        let session = match server::run_stream(self.config.clone(), stream, handler).await {
            Ok(session) => session,
            Err(error) => {
                tracing::debug!(%error, "ssh handshake failed");
                return;
            }
        };
        let handle = session.handle();
        tokio::select! {
            ended = session => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "ssh connection ended");
                }
            }
            () = self.shared.shutdown.cancelled() => {
                let bye = handle.disconnect(russh::Disconnect::ByApplication, "the workspace stops".into(), String::new());
                let _ = tokio::time::timeout(Duration::from_secs(1), bye).await;
            }
        }
        drop(guard);
    }
}
