//! Organizations, members, groups.

use uuid::Uuid;

use crate::{DbError, Querier, scalar};

/// The default organization.
pub async fn find_default_organization_id(q: &impl Querier) -> Result<Option<Uuid>, DbError> {
    scalar(q, statement!("find_default_organization_id"), &[]).await
}
