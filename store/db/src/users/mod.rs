//! Users.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{DbError, Querier, execute};

/// Makes a dormant user active; false when the user was not dormant.
pub async fn activate_dormant_user(q: &impl Querier, user: Uuid, now: Timestamp) -> Result<bool, DbError> {
    Ok(execute(q, statement!("activate_dormant_user"), &[&user, &now]).await? > 0)
}
