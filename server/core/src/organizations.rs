//! Organizations.

use uuid::Uuid;

use crate::{Error, Result, Services};

/// The organization that is used when none is named.
///
/// # Errors
/// The database failed.
pub async fn default_organization_id(services: &Services) -> Result<Uuid> {
    let conn = services.db.conn().await?;
    let id = warren_db::organizations::find_default_organization_id(&conn).await?;
    id.ok_or_else(|| Error::internal("there is no default organization"))
}
