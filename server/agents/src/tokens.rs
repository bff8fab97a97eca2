//! From an agent's token to the agent, remembered while its owner's channel is heard.

use std::collections::HashMap;
use std::time::Instant;

use async_trait::async_trait;
use parking_lot::Mutex;
use uuid::Uuid;
use warren_auth::{AgentIdentity, AgentTokens};
use warren_db::DbError;
use warren_db::agents::{AgentIdentityRow, find_agent_by_token};

use crate::Agents;
use crate::defaults::{TOKEN_AGE, TOKENS};

/// Agents by token. An entry exists only while events of its owner are heard, which remove it.
#[derive(Default)]
pub(crate) struct TokenCache(Mutex<State>);

#[derive(Default)]
struct State {
    entries: HashMap<Uuid, (AgentIdentity, Instant)>,
    /// Counts removals, so that what was read before one is not kept after it.
    generation: u64,
}

impl TokenCache {
    fn find(&self, token: Uuid) -> Option<AgentIdentity> {
        let state = self.0.lock();
        let (identity, since) = state.entries.get(&token)?;
        (since.elapsed() < TOKEN_AGE).then(|| identity.clone())
    }

    fn generation(&self) -> u64 {
        self.0.lock().generation
    }

    fn insert(&self, token: Uuid, identity: AgentIdentity, generation: u64) {
        let mut state = self.0.lock();
        if state.generation != generation {
            return;
        }
        if state.entries.len() >= TOKENS {
            state.entries.retain(|_, (_, since)| since.elapsed() < TOKEN_AGE);
        }
        if state.entries.len() < TOKENS {
            state.entries.insert(token, (identity, Instant::now()));
        }
    }

    /// Forgets the agents of an owner, or those of one workspace.
    pub(crate) fn forget(&self, owner: Uuid, workspace: Option<Uuid>) {
        let mut state = self.0.lock();
        state.generation += 1;
        state.entries.retain(|_, (identity, _)| {
            identity.owner_id != owner || workspace.is_some_and(|id| identity.workspace_id != id)
        });
    }
}

#[async_trait]
impl AgentTokens for Agents {
    async fn find_agent(&self, token: Uuid) -> Result<Option<AgentIdentity>, DbError> {
        // A deaf replica would not hear of removals.
        let hears = self.0.bus.stats().connected;
        if let Some(identity) = self.0.tokens.find(token).filter(|_| hears) {
            return Ok(Some(identity));
        }
        let generation = self.0.tokens.generation();
        let conn = self.0.db.conn().await?;
        let Some(row) = find_agent_by_token(&conn, token).await? else { return Ok(None) };
        drop(conn);
        let identity = identity(row);
        if self.hears_owner(identity.owner_id) {
            self.0.tokens.insert(token, identity.clone(), generation);
        }
        Ok(Some(identity))
    }
}

fn identity(row: AgentIdentityRow) -> AgentIdentity {
    AgentIdentity {
        agent_id: row.id,
        agent_name: row.name,
        workspace_id: row.workspace_id,
        build_id: row.build_id,
        owner_id: row.owner_id,
        organization_id: row.organization_id,
        template_id: row.template_id,
        template_version_id: row.template_version_id,
        no_user_data: row.api_key_scope == "no_user_data",
    }
}
