//! The inbox and the settings of notifications.

use axum::response::IntoResponse;
use futures_util::StreamExt;
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;
use warren_api::{
    CustomNotificationRequest, GetInboxNotificationResponse, ListInboxNotificationsResponse,
    NotificationMethodsResponse, NotificationPreference, NotificationTemplate, NotificationsSettings,
    UpdateInboxNotificationReadStatusRequest, UpdateInboxNotificationReadStatusResponse,
    UpdateUserNotificationPreferences,
};
use warren_core::{Cx, Error, UserRef, notifications};

use crate::api::{Api, Auth};
use crate::extract::{Body, Path, Query};
use crate::websocket::StreamItem;
use crate::{Json, OneWay, Result, Upgrade};

pub(crate) fn routes(api: &mut Api) {
    api.tag("Notifications");
    api.get("/api/v2/notifications/inbox", "list-inbox-notifications", Auth::Session, list_inbox)
        .query(&["starting_before:uuid"]);
    api.ws("/api/v2/notifications/inbox/watch", "watch-for-new-inbox-notifications", Auth::Session, watch_inbox)
        .query(&["format:plaintext|markdown"])
        .messages::<GetInboxNotificationResponse>();
    api.put(
        "/api/v2/notifications/inbox/mark-all-as-read",
        "mark-all-unread-notifications-as-read",
        Auth::Session,
        mark_all_as_read,
    );
    api.put(
        "/api/v2/notifications/inbox/{id}/read-status",
        "update-read-status-of-a-notification",
        Auth::Session,
        update_read_status,
    );
    api.get(
        "/api/v2/notifications/dispatch-methods",
        "get-notification-dispatch-methods",
        Auth::Session,
        dispatch_methods,
    );
    api.get("/api/v2/notifications/settings", "get-notifications-settings", Auth::Session, settings);
    api.put("/api/v2/notifications/settings", "update-notifications-settings", Auth::Session, update_settings)
        .returns::<NotificationsSettings>()
        .also(&[304]);
    api.post("/api/v2/notifications/test", "send-a-test-notification", Auth::Session, send_test).status(204);
    api.post("/api/v2/notifications/custom", "send-a-custom-notification", Auth::Session, send_custom).status(204);
    api.get(
        "/api/v2/notifications/templates/custom",
        "get-custom-notification-templates",
        Auth::Session,
        custom_templates,
    );
    api.get(
        "/api/v2/notifications/templates/system",
        "get-system-notification-templates",
        Auth::Session,
        system_templates,
    );
    api.get(
        "/api/v2/users/{user}/notifications/preferences",
        "get-user-notification-preferences",
        Auth::Session,
        preferences,
    );
    api.put(
        "/api/v2/users/{user}/notifications/preferences",
        "update-user-notification-preferences",
        Auth::Session,
        update_preferences,
    );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InboxQuery {
    #[serde(default)]
    targets: String,
    #[serde(default)]
    templates: String,
    #[serde(default)]
    read_status: String,
    starting_before: Option<Uuid>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WatchQuery {
    #[serde(default)]
    targets: String,
    #[serde(default)]
    templates: String,
    #[serde(default)]
    read_status: String,
    #[serde(default)]
    format: String,
}

fn filter(targets: &str, templates: &str, read_status: &str) -> Result<notifications::InboxFilter> {
    let ids = |text: &str| -> Result<Vec<Uuid>> {
        let parsed = text.split(',').filter(|id| !id.is_empty()).map(Uuid::parse_str);
        parsed
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| Error::invalid("Query parameters have invalid values.").detail(format!("{error}.")).into())
    };
    let read = match read_status {
        "" | "all" => None,
        "read" => Some(true),
        "unread" => Some(false),
        _ => {
            return Err(Error::invalid("read_status query parameter should be any of 'all', 'read', 'unread'.").into());
        }
    };
    Ok(notifications::InboxFilter { targets: ids(targets)?, templates: ids(templates)?, read, before: None })
}

async fn list_inbox(cx: Cx, Query(query): Query<InboxQuery>) -> Result<Json<ListInboxNotificationsResponse>> {
    let filter = filter(&query.targets, &query.templates, &query.read_status)?;
    let filter = notifications::InboxFilter { before: query.starting_before, ..filter };
    Ok(Json(notifications::list_inbox(&cx, &filter).await?))
}

async fn watch_inbox(cx: Cx, Query(query): Query<WatchQuery>, upgrade: Upgrade) -> Result<axum::response::Response> {
    let filter = filter(&query.targets, &query.templates, &query.read_status)?;
    if !matches!(query.format.as_str(), "" | "markdown" | "plaintext") {
        return Err(Error::invalid("format query parameter should be any of 'markdown', 'plaintext'.").into());
    }
    let news = notifications::watch_inbox(&cx, filter);
    Ok(upgrade.send(&cx, OneWay::Log, news.map(|new| StreamItem::json(&new))))
}

async fn mark_all_as_read(cx: Cx) -> Result<StatusCode> {
    notifications::mark_all_as_read(&cx).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn update_read_status(
    cx: Cx,
    Path(id): Path<Uuid>,
    Body(body): Body<UpdateInboxNotificationReadStatusRequest>,
) -> Result<Json<UpdateInboxNotificationReadStatusResponse>> {
    Ok(Json(notifications::update_read_status(&cx, id, body.is_read).await?))
}

async fn dispatch_methods(_: Cx) -> Json<NotificationMethodsResponse> {
    Json(NotificationMethodsResponse { available: vec!["smtp".into(), "webhook".into()], default: "smtp".into() })
}

async fn settings(cx: Cx) -> Result<Json<NotificationsSettings>> {
    Ok(Json(notifications::get_settings(&cx).await?))
}

async fn update_settings(cx: Cx, Body(body): Body<NotificationsSettings>) -> Result<axum::response::Response> {
    let changed = notifications::update_settings(&cx, &body).await?;
    Ok(if changed { Json(body).into_response() } else { StatusCode::NOT_MODIFIED.into_response() })
}

async fn send_test(cx: Cx) -> Result<StatusCode> {
    notifications::send_test(&cx).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn send_custom(cx: Cx, Body(body): Body<CustomNotificationRequest>) -> Result<StatusCode> {
    notifications::send_custom(&cx, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn system_templates(cx: Cx) -> Result<Json<Vec<NotificationTemplate>>> {
    Ok(Json(notifications::list_kinds(&cx, false)?))
}

async fn custom_templates(cx: Cx) -> Result<Json<Vec<NotificationTemplate>>> {
    Ok(Json(notifications::list_kinds(&cx, true)?))
}

async fn preferences(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<Vec<NotificationPreference>>> {
    Ok(Json(notifications::list_preferences(&cx, &user).await?))
}

async fn update_preferences(
    cx: Cx,
    Path(user): Path<UserRef>,
    Body(body): Body<UpdateUserNotificationPreferences>,
) -> Result<Json<Vec<NotificationPreference>>> {
    Ok(Json(notifications::update_preferences(&cx, &user, &body).await?))
}
