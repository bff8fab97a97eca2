//! Sending: kinds, the switch of the deployment, what readers opted out of.

use uuid::Uuid;
use warren_api::{CustomNotificationRequest, NotificationTemplate, NotificationsSettings};
use warren_db::notifications::{self as rows, NewNotification};
use warren_db::settings::{find_setting, upsert_setting};
use warren_db::{Querier, Tx};
use warren_pubsub::Bus;
use warren_rbac::{Action, Object, Resource};

use crate::audit::{Change, Target};
use crate::{Cx, Error, Result};

const KEY: &str = "notifications_settings";
const MAX_TITLE: usize = 120;
const MAX_MESSAGE: usize = 2_000;

/// A kind of notification. Ids are those that clients know.
struct Kind {
    id: Uuid,
    name: &'static str,
    /// `{title}` and `{message}` are filled in.
    title: &'static str,
    body: &'static str,
    icon: &'static str,
    custom: bool,
}

const TEST: Kind = Kind {
    id: Uuid::from_u128(0xc425_f63e_716a_4bf4_ae24_7834_8f70_6c3f),
    name: "Test",
    title: "Test of notifications",
    body: "Notifications of this deployment reach you.",
    icon: "DEFAULT_ICON_OTHER",
    custom: false,
};
const CUSTOM: Kind = Kind {
    id: Uuid::from_u128(0x39b1_e189_c857_4b0c_877a_5111_44c1_8516),
    name: "Custom",
    title: "{title}",
    body: "{message}",
    icon: "DEFAULT_ICON_OTHER",
    custom: true,
};

/// The kinds that this server sends.
///
/// # Errors
/// 403.
pub fn list_kinds(cx: &Cx, custom: bool) -> Result<Vec<NotificationTemplate>> {
    cx.allow(Action::Read, &Object::new(Resource::NotificationTemplate))?;
    let kinds = [TEST, CUSTOM].into_iter().filter(|kind| kind.custom == custom);
    Ok(kinds
        .map(|kind| NotificationTemplate {
            id: kind.id,
            name: kind.name.into(),
            title_template: kind.title.into(),
            body_template: kind.body.into(),
            group: "Notification Events".into(),
            kind: if kind.custom { "custom" } else { "system" }.into(),
            enabled_by_default: true,
            actions: "[]".into(),
            method: String::new(),
        })
        .collect())
}

/// Whether notifications are sent.
///
/// # Errors
/// 403.
pub async fn get_settings(cx: &Cx) -> Result<NotificationsSettings> {
    administer(cx, Action::Read)?;
    let conn = cx.db().conn().await?;
    Ok(stored(&conn).await?.unwrap_or_default())
}

/// The deployment is no secret: who may not change it is told so.
fn administer(cx: &Cx, action: Action) -> Result<()> {
    let may = cx.actor.may(action, &Object::new(Resource::DeploymentConfig));
    may.then_some(()).ok_or_else(Error::forbidden)
}

async fn stored(q: &impl Querier) -> Result<Option<NotificationsSettings>> {
    Ok(find_setting(q, KEY).await?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Pauses notifications, or lets those go that waited meanwhile. False when nothing changed.
///
/// # Errors
/// 403.
pub async fn update_settings(cx: &Cx, settings: &NotificationsSettings) -> Result<bool> {
    administer(cx, Action::Update)?;
    let conn = cx.db().conn().await?;
    let old = stored(&conn).await?;
    drop(conn);
    if old.as_ref() == Some(settings) {
        return Ok(false);
    }
    let text = serde_json::to_string(settings).map_err(Error::internal)?;
    let (old, text) = (&old.unwrap_or_default(), &text);
    cx.db()
        .tx(|tx| async move {
            upsert_setting(&tx, KEY, text).await?;
            if !settings.notifier_paused {
                for row in rows::release_notifications(&tx, cx.services.now()).await? {
                    announce(&cx.services.bus, &tx, row.user_id, row.id);
                }
            }
            let target = Target { resource_type: "notifications_settings", ..Target::default() };
            cx.audit(&tx, "write", &target, Change::updated(old, settings)).await
        })
        .await?;
    Ok(true)
}

/// Sends the caller a test.
///
/// # Errors
/// 403.
pub async fn send_test(cx: &Cx) -> Result<()> {
    administer(cx, Action::Update)?;
    send(cx, cx.actor.user_id, &TEST, "", "").await
}

/// Sends the caller a text of their own.
///
/// # Errors
/// 400 for a text that is missing or too long.
pub async fn send_custom(cx: &Cx, request: &CustomNotificationRequest) -> Result<()> {
    let bad = |detail: String| Error::invalid("Invalid request body").detail(detail);
    let content = request.content.as_ref().ok_or_else(|| bad("content is missing".into()))?;
    let (title, message) = (content.title.trim(), content.message.trim());
    for (name, text, longest) in [("title", title, MAX_TITLE), ("message", message, MAX_MESSAGE)] {
        if text.is_empty() {
            return Err(bad(format!("{name} is empty")));
        }
        if text.chars().count() > longest {
            return Err(bad(format!("{name} is longer than {longest} characters")));
        }
    }
    send(cx, cx.actor.user_id, &CUSTOM, title, message).await
}

async fn send(cx: &Cx, reader: Uuid, kind: &Kind, title: &str, message: &str) -> Result<()> {
    let fill = |text: &str| text.replace("{title}", title).replace("{message}", message);
    let (title, content) = (fill(kind.title), fill(kind.body));
    let notification = NewNotification {
        id: Uuid::new_v4(),
        user_id: reader,
        template_id: kind.id,
        title,
        content,
        icon: kind.icon.into(),
        created_at: cx.services.now(),
        held: false,
    };
    let notification = &notification;
    cx.db()
        .tx(|tx| async move {
            let held = stored(&tx).await?.is_some_and(|settings| settings.notifier_paused);
            let sent = rows::insert_notification(&tx, &NewNotification { held, ..notification.clone() }).await?;
            if let Some(row) = sent.filter(|_| !held) {
                announce(&cx.services.bus, &tx, row.user_id, row.id);
            }
            Ok::<_, Error>(())
        })
        .await
}

/// The channel on which a user's new notifications are announced, by id.
pub(super) fn channel(user: Uuid) -> String {
    format!("inbox_notification:owner:{user}")
}

fn announce(bus: &Bus, tx: &Tx, user: Uuid, id: Uuid) {
    bus.publish_tx(tx, &channel(user), &id.to_string());
}
