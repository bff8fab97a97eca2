//! What a use case knows about its call.

use std::sync::Arc;

use uuid::Uuid;
use warren_rbac::{Action, Actor, Object};

use crate::{Result, Services};

/// The request behind a call.
#[derive(Debug, Clone, Default)]
pub struct RequestInfo {
    /// Sent back as `X-Coder-Request-Id` and kept in the audit log.
    pub id: Uuid,
    /// The client's address.
    pub ip: String,
    /// The client's `User-Agent`.
    pub user_agent: String,
}

/// Actor, services and request of one call; cheap to clone.
#[derive(Clone)]
pub struct Cx {
    /// Who asks.
    pub actor: Actor,
    /// Everything the server has.
    pub services: Arc<Services>,
    /// The request.
    pub request: Arc<RequestInfo>,
}

impl Cx {
    /// The database.
    pub fn db(&self) -> &warren_db::Db {
        &self.services.db
    }

    /// Decides whether the actor may do `action` to `object`.
    ///
    /// # Errors
    /// 404 when the object is not visible, 403 else.
    pub fn allow(&self, action: Action, object: &Object) -> Result<()> {
        Ok(self.actor.check(action, object)?)
    }

    /// The same call by the server itself, for the parts of a use case that need more than the caller may do.
    pub fn as_system(&self, reason: &'static str) -> Self {
        Self { actor: Actor::system(reason), ..self.clone() }
    }
}
