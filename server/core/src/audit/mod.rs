//! The audit log: who changed what, from what to what.

mod list;

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use warren_db::Querier;
use warren_db::audit::{NewAuditLog, insert_audit_log};

pub use self::list::list_audit;
use crate::{Cx, Result};

/// What was changed.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// `resource_type` of the API (`user`, `workspace`, `template`, `api_key`, …).
    pub resource_type: &'static str,
    /// Its id; nil for objects whose id is no UUID.
    pub id: Uuid,
    /// Its name, as a reader would look for it.
    pub name: String,
    /// Its icon.
    pub icon: String,
    /// Its organization, if it has one.
    pub organization_id: Option<Uuid>,
}

impl Cx {
    /// Writes an entry in the transaction of the change. `before` and `after` are what the API shows of the object;
    /// fields named in `secret` are recorded as changed without their values.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit(
        &self,
        q: &impl Querier,
        action: &'static str,
        target: &Target,
        change: Change<'_>,
    ) -> Result<()> {
        let entry = NewAuditLog {
            id: Uuid::new_v4(),
            time: self.services.now(),
            user_id: self.actor.user_id,
            organization_id: target.organization_id.unwrap_or_default(),
            ip: self.request.ip.clone(),
            user_agent: self.request.user_agent.clone(),
            resource_type: target.resource_type.to_owned(),
            resource_id: target.id,
            resource_target: target.name.clone(),
            resource_icon: target.icon.clone(),
            action: action.to_owned(),
            diff: change.diff(),
            status_code: change.status,
            additional_fields: json!({}),
            request_id: self.request.id,
        };
        Ok(insert_audit_log(q, &entry).await?)
    }
}

/// The two states of an object.
#[derive(Debug, Clone, Default)]
pub struct Change<'a> {
    before: Value,
    after: Value,
    secret: &'a [&'a str],
    status: i32,
}

impl<'a> Change<'a> {
    /// It was made.
    pub fn created(after: &impl Serialize) -> Self {
        Self { after: value(after), status: 201, ..Self::default() }
    }

    /// It was changed.
    pub fn updated(before: &impl Serialize, after: &impl Serialize) -> Self {
        Self { before: value(before), after: value(after), status: 200, ..Self::default() }
    }

    /// It was removed.
    pub fn deleted(before: &impl Serialize) -> Self {
        Self { before: value(before), status: 200, ..Self::default() }
    }

    /// Nothing to compare (a login, for example).
    pub fn none(status: i32) -> Self {
        Self { status, ..Self::default() }
    }

    /// Hides the values of these fields.
    pub fn secret(mut self, fields: &'a [&'a str]) -> Self {
        self.secret = fields;
        self
    }

    fn diff(&self) -> Value {
        let empty = Map::new();
        let (before, after) = (self.before.as_object().unwrap_or(&empty), self.after.as_object().unwrap_or(&empty));
        let mut diff = Map::new();
        for field in before.keys().chain(after.keys().filter(|field| !before.contains_key(*field))) {
            let (old, new) = (before.get(field).unwrap_or(&Value::Null), after.get(field).unwrap_or(&Value::Null));
            if old == new {
                continue;
            }
            let secret = self.secret.contains(&field.as_str());
            let (old, new) = if secret { (&Value::Null, &Value::Null) } else { (old, new) };
            diff.insert(field.clone(), json!({ "old": old, "new": new, "secret": secret }));
        }
        Value::Object(diff)
    }
}

fn value(object: &impl Serialize) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}
