//! Who a workspace agent's token stands for.

use uuid::Uuid;

use crate::{DbError, Querier, optional};

row! {
    /// The agent of a token, and what it may act for.
    pub struct AgentIdentityRow {
        pub id: Uuid,
        pub name: String,
        pub api_key_scope: String,
        pub workspace_id: Uuid,
        pub build_id: Uuid,
        pub owner_id: Uuid,
        pub organization_id: Uuid,
        pub template_id: Uuid,
        pub template_version_id: Uuid,
        pub workspace_name: String,
    }
}

/// The agent that this token authenticates now: one of the latest build, or of the running start build that a stop build is
/// about to end.
///
/// # Errors
/// [`DbError`].
pub async fn find_agent_by_token(q: &impl Querier, token: Uuid) -> Result<Option<AgentIdentityRow>, DbError> {
    optional(q, statement!("find_agent_by_token"), &[&token]).await
}
