//! How a user wants the dashboard to look.

use warren_api::{
    TerminalFontName, UpdateUserAppearanceSettingsRequest, UpdateUserPreferenceSettingsRequest, UserAppearanceSettings,
    UserPreferenceSettings,
};
use warren_db::settings::{find_setting, upsert_setting};
use warren_db::users::update_user_appearance;
use warren_rbac::{Action, Protected};

use super::load_user;
use crate::{Cx, Error, Result, UserRef};

/// Theme and terminal font.
///
/// # Errors
/// 404, 403.
pub async fn get_appearance(cx: &Cx, user: &UserRef) -> Result<UserAppearanceSettings> {
    let row = load_user(cx, user, Action::Read).await?;
    cx.allow(Action::ReadPersonal, &row.object())?;
    Ok(UserAppearanceSettings {
        theme_preference: row.theme_preference,
        terminal_font: TerminalFontName::parse(&row.terminal_font),
        ..UserAppearanceSettings::default()
    })
}

/// Changes theme and terminal font.
///
/// # Errors
/// 404, 403; 400 for an unknown font.
pub async fn update_appearance(
    cx: &Cx,
    user: &UserRef,
    body: UpdateUserAppearanceSettingsRequest,
) -> Result<UserAppearanceSettings> {
    let row = load_user(cx, user, Action::Read).await?;
    cx.allow(Action::UpdatePersonal, &row.object())?;
    if body.terminal_font == TerminalFontName::Unset {
        return Err(Error::invalid("Unsupported font family."));
    }
    let conn = cx.db().conn().await?;
    let (theme, font) = (body.theme_preference.as_str(), body.terminal_font.as_str());
    update_user_appearance(&conn, row.id, theme, font, cx.services.now()).await?;
    Ok(UserAppearanceSettings {
        theme_preference: body.theme_preference,
        terminal_font: body.terminal_font,
        ..UserAppearanceSettings::default()
    })
}

/// Further preferences of the dashboard.
///
/// # Errors
/// 404, 403.
pub async fn get_preferences(cx: &Cx, user: &UserRef) -> Result<UserPreferenceSettings> {
    let row = load_user(cx, user, Action::Read).await?;
    cx.allow(Action::ReadPersonal, &row.object())?;
    let conn = cx.db().conn().await?;
    let stored = find_setting(&conn, &preference_key(row.id)).await?;
    Ok(stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Changes preferences; what is absent stays.
///
/// # Errors
/// 404, 403.
pub async fn update_preferences(
    cx: &Cx,
    user: &UserRef,
    body: UpdateUserPreferenceSettingsRequest,
) -> Result<UserPreferenceSettings> {
    let mut settings = get_preferences(cx, user).await?;
    let row = load_user(cx, user, Action::Read).await?;
    cx.allow(Action::UpdatePersonal, &row.object())?;
    if let Some(dismissed) = body.task_notification_alert_dismissed {
        settings.task_notification_alert_dismissed = dismissed;
    }
    let conn = cx.db().conn().await?;
    let text = serde_json::to_string(&settings).map_err(Error::internal)?;
    upsert_setting(&conn, &preference_key(row.id), &text).await?;
    Ok(settings)
}

fn preference_key(user: uuid::Uuid) -> String {
    format!("preferences:{user}")
}
