//! Principals that are not users: what the parts of the server that know them must answer.

use async_trait::async_trait;
use uuid::Uuid;
use warren_db::DbError;

/// The agent behind a token, and where it belongs. The token is valid only for the agents that rest.md §2.4 names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentIdentity {
    /// The agent.
    pub agent_id: Uuid,
    /// Its name.
    pub agent_name: String,
    /// Its workspace.
    pub workspace_id: Uuid,
    /// The build it belongs to.
    pub build_id: Uuid,
    /// Who owns the workspace.
    pub owner_id: Uuid,
    /// The workspace's organization.
    pub organization_id: Uuid,
    /// The workspace's template.
    pub template_id: Uuid,
    /// The build's template version.
    pub template_version_id: Uuid,
    /// The agent may not read its owner's personal data.
    pub no_user_data: bool,
}

/// Finds agents by token.
#[async_trait]
pub trait AgentTokens: Send + Sync {
    /// The agent whose token this is; `None` for an unknown or superseded one.
    async fn find_agent(&self, token: Uuid) -> Result<Option<AgentIdentity>, DbError>;
}

/// A provisioner key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionerKey {
    /// Its id.
    pub id: Uuid,
    /// The organization whose jobs it may do.
    pub organization_id: Uuid,
    /// Its name.
    pub name: String,
    /// Tags of the daemons that use it.
    pub tags: std::collections::BTreeMap<String, String>,
}

/// Finds provisioner keys.
#[async_trait]
pub trait ProvisionerKeys: Send + Sync {
    /// The key of this text; `None` for an unknown one.
    async fn find_key(&self, text: &str) -> Result<Option<ProvisionerKey>, DbError>;
}
