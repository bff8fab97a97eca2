//! Who may open which app, and how its agent is reached: answered by the server from its database, by a workspace proxy
//! with a call.

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;
use uuid::Uuid;
use warren_api::WorkspaceAppSharingLevel as Level;

/// An app as an address names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRef {
    /// The owner's name.
    pub owner: String,
    /// The workspace's name.
    pub workspace: String,
    /// The agent's name; absent: the only one.
    pub agent: Option<String>,
    /// The app.
    pub slug: String,
}

/// An app that the visitor may open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppTarget {
    /// Its workspace.
    pub workspace_id: Uuid,
    /// Its agent.
    pub agent_id: Uuid,
    /// Where it listens in the workspace, as the template says.
    pub url: Url,
}

/// Why an app is not opened.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// It does not exist, or the visitor must not know of it.
    #[error("no such app")]
    NotFound,
    /// It may be open to somebody who is signed in.
    #[error("nobody is signed in")]
    SignIn,
    /// The address is ambiguous or the app is declared wrongly; the text is for the visitor.
    #[error("{0}")]
    Invalid(String),
    /// The question could not be answered.
    #[error("access to the app could not be decided")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Decides about visitors.
#[async_trait]
pub trait AppAccess: Send + Sync {
    /// What is known of the visitor.
    type Visitor: Send + Sync;

    /// The app, if the visitor may open it.
    async fn authorize(&self, app: &AppRef, visitor: &Self::Visitor) -> Result<AppTarget, Denied>;
}

/// A byte stream to an agent.
pub trait DuplexStream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> DuplexStream for T {}

/// Reaches agents.
#[async_trait]
pub trait AgentDialer: Send + Sync {
    /// A stream to a TCP port of an agent.
    async fn dial(&self, agent: Uuid, port: u16) -> std::io::Result<Box<dyn DuplexStream>>;
}

/// The sharing level that counts. A path app lives on the origin of the dashboard, where it could act for its visitors;
/// so it is open to others only when the deployment says so.
pub fn effective_level(declared: Level, by_path: bool, path_sharing: bool) -> Level {
    if by_path && !path_sharing { Level::Owner } else { declared }
}
