//! The inbox.

use uuid::Uuid;
use warren_api::{InboxNotification, ListInboxNotificationsResponse, UpdateInboxNotificationReadStatusResponse};
use warren_db::notifications::{self as rows, InboxRow};

use crate::{Cx, Error, Result};

/// Which notifications to list.
#[derive(Debug, Clone, Default)]
pub struct InboxFilter {
    /// About any of these objects; empty: all.
    pub targets: Vec<Uuid>,
    /// Of any of these kinds; empty: all.
    pub templates: Vec<Uuid>,
    /// Read or unread; `None`: both.
    pub read: Option<bool>,
    /// Older than this one.
    pub before: Option<Uuid>,
}

/// The caller's notifications, newest first, a page of 25.
///
/// # Errors
/// The database failed.
pub async fn list_inbox(cx: &Cx, filter: &InboxFilter) -> Result<ListInboxNotificationsResponse> {
    let conn = cx.db().conn().await?;
    let InboxFilter { targets, templates, read, before } = filter;
    let list = rows::list_inbox(&conn, cx.actor.user_id, (targets, templates), *read, *before).await?;
    let unread_count = rows::count_unread(&conn, cx.actor.user_id).await?;
    Ok(ListInboxNotificationsResponse { notifications: list.into_iter().map(view).collect(), unread_count })
}

/// Marks everything as read.
///
/// # Errors
/// The database failed.
pub async fn mark_all_as_read(cx: &Cx) -> Result<()> {
    let conn = cx.db().conn().await?;
    Ok(rows::mark_inbox_read(&conn, cx.actor.user_id, cx.services.now()).await?)
}

/// Marks one of the caller's notifications.
///
/// # Errors
/// 404.
pub async fn update_read_status(cx: &Cx, id: Uuid, read: bool) -> Result<UpdateInboxNotificationReadStatusResponse> {
    let conn = cx.db().conn().await?;
    let read_at = read.then(|| cx.services.now());
    let row = rows::update_inbox_read(&conn, id, cx.actor.user_id, read_at).await?.ok_or_else(Error::not_found)?;
    let unread_count = rows::count_unread(&conn, cx.actor.user_id).await?;
    Ok(UpdateInboxNotificationReadStatusResponse { notification: view(row), unread_count })
}

fn view(row: InboxRow) -> InboxNotification {
    InboxNotification {
        id: row.id,
        user_id: row.user_id,
        template_id: row.template_id,
        targets: Some(row.targets).filter(|targets| !targets.is_empty()),
        title: row.title,
        content: row.content,
        icon: row.icon,
        actions: serde_json::from_value(row.actions).unwrap_or_default(),
        read_at: row.read_at.map(|at| at.to_string()),
        created_at: row.created_at,
    }
}
