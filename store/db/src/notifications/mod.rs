//! The inbox of users. Every query is bound to its user, who alone may see it.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{DbError, Querier, all, execute, optional, scalar};

row! {
    /// A notification.
    pub struct InboxRow {
        pub id: Uuid,
        pub user_id: Uuid,
        pub template_id: Uuid,
        pub targets: Vec<Uuid>,
        pub title: String,
        pub content: String,
        pub icon: String,
        pub actions: serde_json::Value,
        pub read_at: Option<Timestamp>,
        pub created_at: Timestamp,
    }
}

/// Notifications of a user, newest first, at most 25.
pub async fn list_inbox(
    q: &impl Querier,
    user: Uuid,
    (targets, templates): (&[Uuid], &[Uuid]),
    read: Option<bool>,
    before: Option<Uuid>,
) -> Result<Vec<InboxRow>, DbError> {
    all(q, statement!("list_inbox"), &[&user, &targets, &templates, &read, &before]).await
}

/// Unread notifications of a user.
pub async fn count_unread(q: &impl Querier, user: Uuid) -> Result<i64, DbError> {
    Ok(scalar(q, statement!("count_unread"), &[&user]).await?.unwrap_or(0))
}

/// Marks every notification of a user as read.
pub async fn mark_inbox_read(q: &impl Querier, user: Uuid, now: Timestamp) -> Result<(), DbError> {
    execute(q, statement!("mark_inbox_read"), &[&user, &now]).await?;
    Ok(())
}

/// Marks one notification.
pub async fn update_inbox_read(
    q: &impl Querier,
    id: Uuid,
    user: Uuid,
    read_at: Option<Timestamp>,
) -> Result<Option<InboxRow>, DbError> {
    optional(q, statement!("update_inbox_read"), &[&id, &user, &read_at]).await
}
