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

/// A notification to send.
#[derive(Debug, Clone)]
pub struct NewNotification {
    pub id: Uuid,
    pub user_id: Uuid,
    pub template_id: Uuid,
    pub title: String,
    pub content: String,
    pub icon: String,
    pub created_at: Timestamp,
    /// It waits until notifications go on.
    pub held: bool,
}

/// Stores a notification; `None` if its reader does not want any of its kind.
pub async fn insert_notification(q: &impl Querier, new: &NewNotification) -> Result<Option<InboxRow>, DbError> {
    let n = new;
    optional(
        q,
        statement!("insert_notification"),
        &[&n.id, &n.user_id, &n.template_id, &n.title, &n.content, &n.icon, &n.created_at, &n.held],
    )
    .await
}

/// Lets every waiting notification go.
pub async fn release_notifications(q: &impl Querier, now: Timestamp) -> Result<Vec<InboxRow>, DbError> {
    all(q, statement!("release_notifications"), &[&now]).await
}

/// A notification of a user.
pub async fn find_notification(q: &impl Querier, id: Uuid, user: Uuid) -> Result<Option<InboxRow>, DbError> {
    optional(q, statement!("find_notification"), &[&id, &user]).await
}

row! {
    /// Whether a user wants notifications of a kind.
    pub struct PreferenceRow {
        pub template_id: Uuid,
        pub disabled: bool,
        pub updated_at: Timestamp,
    }
}

/// What a user decided about kinds of notifications.
pub async fn list_preferences(q: &impl Querier, user: Uuid) -> Result<Vec<PreferenceRow>, DbError> {
    all(q, statement!("list_preferences"), &[&user]).await
}

/// Stores a user's decisions, as `(kind, disabled)`.
pub async fn upsert_preferences(
    q: &impl Querier,
    user: Uuid,
    decisions: &[(Uuid, bool)],
    now: Timestamp,
) -> Result<(), DbError> {
    let (kinds, disabled): (Vec<Uuid>, Vec<bool>) = decisions.iter().copied().unzip();
    execute(q, statement!("upsert_preferences"), &[&user, &kinds, &disabled, &now]).await?;
    Ok(())
}
