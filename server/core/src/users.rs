//! Users.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Result, Services};

/// The first request of a dormant user makes them active.
///
/// # Errors
/// The database failed.
pub async fn activate_dormant(services: &Services, user: Uuid, now: Timestamp) -> Result<(), warren_db::DbError> {
    let conn = services.db.conn().await?;
    if warren_db::users::activate_dormant_user(&conn, user, now).await? {
        tracing::info!(user.id = %user, "dormant user became active");
    }
    services.keys.forget_user(user);
    Ok(())
}
