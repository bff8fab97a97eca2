//! Notifications: the inbox of each user, what they want to be told, and sending.

mod send;

use futures_util::{Stream, StreamExt};
use uuid::Uuid;
use warren_api::{
    GetInboxNotificationResponse, InboxNotification, ListInboxNotificationsResponse, NotificationPreference,
    UpdateInboxNotificationReadStatusResponse, UpdateUserNotificationPreferences,
};
use warren_db::notifications::{self as rows, InboxRow};
use warren_pubsub::Event;
use warren_rbac::{Action, Object, Resource};

pub use self::send::{get_settings, list_kinds, send_custom, send_test, update_settings};
use crate::{Cx, Error, Result, UserRef};

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

/// The caller's notifications from now on.
pub fn watch_inbox(cx: &Cx, filter: InboxFilter) -> impl Stream<Item = GetInboxNotificationResponse> + Send + use<> {
    let news = cx.services.bus.subscribe(&send::channel(cx.actor.user_id));
    let events = futures_util::stream::unfold(news, |mut news| async move { Some((news.recv().await, news)) });
    let cx = cx.clone();
    events.filter_map(move |event| {
        let (cx, filter) = (cx.clone(), filter.clone());
        async move {
            // What was missed is in the list.
            let Event::Message(id) = event else { return None };
            let row = load(&cx, id.parse().ok()?).await.ok()??;
            let about = filter.targets.is_empty() || row.targets.iter().any(|id| filter.targets.contains(id));
            let kind = filter.templates.is_empty() || filter.templates.contains(&row.template_id);
            if !about || !kind || filter.read.is_some_and(|read| read != row.read_at.is_some()) {
                return None;
            }
            let unread_count = unread(&cx).await.ok()?;
            Some(GetInboxNotificationResponse { notification: view(row), unread_count })
        }
    })
}

async fn load(cx: &Cx, id: Uuid) -> Result<Option<InboxRow>> {
    let conn = cx.db().conn().await?;
    Ok(rows::find_notification(&conn, id, cx.actor.user_id).await?)
}

async fn unread(cx: &Cx) -> Result<i64> {
    let conn = cx.db().conn().await?;
    Ok(rows::count_unread(&conn, cx.actor.user_id).await?)
}

/// Which kinds a user does not want, or wants again.
///
/// # Errors
/// 404, 403.
pub async fn list_preferences(cx: &Cx, user: &UserRef) -> Result<Vec<NotificationPreference>> {
    let id = preferences_of(cx, user, Action::Read).await?;
    let conn = cx.db().conn().await?;
    let preferences = rows::list_preferences(&conn, id).await?;
    Ok(preferences
        .into_iter()
        .map(|row| NotificationPreference { id: row.template_id, disabled: row.disabled, updated_at: row.updated_at })
        .collect())
}

/// Changes some of them.
///
/// # Errors
/// 404, 403; 400 for what is no id.
pub async fn update_preferences(
    cx: &Cx,
    user: &UserRef,
    request: &UpdateUserNotificationPreferences,
) -> Result<Vec<NotificationPreference>> {
    let id = preferences_of(cx, user, Action::Update).await?;
    let mut decisions = Vec::new();
    for (kind, disabled) in &request.template_disabled_map {
        let kind = Uuid::parse_str(kind)
            .map_err(|error| Error::invalid("Unable to parse notification template UUID.").detail(error.to_string()))?;
        decisions.push((kind, *disabled));
    }
    let conn = cx.db().conn().await?;
    rows::upsert_preferences(&conn, id, &decisions, cx.services.now()).await?;
    drop(conn);
    list_preferences(cx, user).await
}

async fn preferences_of(cx: &Cx, user: &UserRef, action: Action) -> Result<Uuid> {
    let user = crate::users::load_user(cx, user, Action::Read).await?;
    cx.allow(action, &Object::new(Resource::NotificationPreference).owned_by(user.id))?;
    Ok(user.id)
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
