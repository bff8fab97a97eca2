//! Calls with an agent's token: what programs inside a workspace ask for.

use warren_api::*;

use crate::client::with_query;
use crate::{Client, ClientOptions, Result};

/// A client that speaks as the workspace agent.
#[derive(Clone)]
pub struct AgentClient(Client);

impl AgentClient {
    /// The options' token must be the agent's.
    pub fn new(options: ClientOptions) -> Result<Self> {
        Ok(Self(Client::new(options)?))
    }

    /// The client below, for calls that need no own function.
    pub fn client(&self) -> &Client {
        &self.0
    }

    pub async fn git_ssh_key(&self) -> Result<AgentGitSshKey> {
        self.0.get("/api/v2/workspaceagents/me/gitsshkey").await
    }

    /// External authentication by provider id.
    pub async fn external_auth_by_id(&self, id: &str) -> Result<ExternalAuthResponse> {
        self.0.get(&with_query("/api/v2/workspaceagents/me/external-auth", &[("id", id)])).await
    }

    /// External authentication by the address of a repository's host; with `listen` the call waits for the user.
    pub async fn external_auth_by_match(&self, host: &str, listen: bool) -> Result<ExternalAuthResponse> {
        let mut query = vec![("match", host)];
        if listen {
            query.push(("listen", "true"));
        }
        self.0.get(&with_query("/api/v2/workspaceagents/me/external-auth", &query)).await
    }
}
