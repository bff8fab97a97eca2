//! The inbox and the settings of notifications.

use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;
use warren_api::{
    GetInboxNotificationResponse, ListInboxNotificationsResponse, NotificationMethodsResponse, NotificationPreference,
    NotificationTemplate, NotificationsSettings, UpdateInboxNotificationReadStatusRequest,
    UpdateInboxNotificationReadStatusResponse,
};
use warren_core::{Cx, Error, UserRef, notifications};
use warren_rbac::{Action, Object, Resource};

use crate::api::{Api, Auth};
use crate::extract::{Body, Path, Query};
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
    filter(&query.targets, &query.templates, &query.read_status)?;
    if !matches!(query.format.as_str(), "" | "markdown" | "plaintext") {
        return Err(Error::invalid("format query parameter should be any of 'markdown', 'plaintext'.").into());
    }
    // Nothing is sent on connect, and nothing writes to the inbox yet.
    Ok(upgrade.send(&cx, OneWay::Log, futures_util::stream::pending()))
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
    cx.allow(Action::Read, &Object::new(Resource::DeploymentConfig))?;
    Ok(Json(NotificationsSettings::default()))
}

async fn system_templates(cx: Cx) -> Result<Json<Vec<NotificationTemplate>>> {
    cx.allow(Action::Read, &Object::new(Resource::NotificationTemplate))?;
    Ok(Json(Vec::new()))
}

async fn preferences(cx: Cx, Path(user): Path<UserRef>) -> Result<Json<Vec<NotificationPreference>>> {
    warren_core::users::load_user(&cx, &user, Action::Read).await?;
    Ok(Json(Vec::new()))
}
