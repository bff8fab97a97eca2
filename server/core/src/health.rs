//! Which sections of the health page are dismissed.

use warren_api::HealthSettings;
use warren_db::settings::{find_setting, upsert_setting};

use crate::audit::{Change, Target};
use crate::{Cx, Error, Result};

const KEY: &str = "health_settings";

/// The dismissed sections.
///
/// # Errors
/// The database failed.
pub async fn get_settings(cx: &Cx) -> Result<HealthSettings> {
    let conn = cx.db().conn().await?;
    let stored = find_setting(&conn, KEY).await?;
    Ok(stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Replaces them; false when nothing changed. The caller has checked the right.
///
/// # Errors
/// The database failed.
pub async fn update_settings(cx: &Cx, settings: &HealthSettings) -> Result<bool> {
    let old = get_settings(cx).await?;
    if old == *settings {
        return Ok(false);
    }
    let text = serde_json::to_string(settings).map_err(Error::internal)?;
    let (old, text) = (&old, &text);
    cx.db()
        .tx(|tx| async move {
            upsert_setting(&tx, KEY, text).await?;
            let target = Target { resource_type: "health_settings", ..Target::default() };
            cx.audit(&tx, "write", &target, Change::updated(old, settings)).await
        })
        .await?;
    Ok(true)
}
