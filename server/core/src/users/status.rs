//! Active, dormant, suspended.

use jiff::Timestamp;
use uuid::Uuid;
use warren_api::User;
use warren_db::DbError;
use warren_db::users::{activate_dormant_user, update_user_status};
use warren_rbac::{Action, Protected};

use super::view::user_view;
use super::{audit_target, load_user};
use crate::audit::Change;
use crate::{Cx, Error, Result, Services, UserRef};

/// The first request of a dormant user makes them active.
///
/// # Errors
/// The database failed.
pub async fn activate_dormant(services: &Services, user: Uuid, now: Timestamp) -> Result<(), DbError> {
    let conn = services.db.conn().await?;
    if activate_dormant_user(&conn, user, now).await? {
        tracing::info!(user.id = %user, "dormant user became active");
    }
    services.keys.forget_user(user);
    Ok(())
}

/// Lets a user act again.
///
/// # Errors
/// 404, 403.
pub async fn activate_user(cx: &Cx, user: &UserRef) -> Result<User> {
    change(cx, user, "active").await
}

/// Refuses every further request of a user, and ends their open streams.
///
/// # Errors
/// 404, 403; 400 for oneself and for owners.
pub async fn suspend_user(cx: &Cx, user: &UserRef) -> Result<User> {
    let row = load_user(cx, user, Action::Read).await?;
    if row.id == cx.actor.user_id {
        return Err(Error::invalid("You cannot suspend yourself."));
    }
    if row.site_roles.iter().any(|role| role == "owner") {
        return Err(Error::invalid(
            "You cannot suspend a user with the \"owner\" role. You must remove the role first.",
        ));
    }
    change(cx, user, "suspended").await
}

async fn change(cx: &Cx, user: &UserRef, status: &'static str) -> Result<User> {
    let row = load_user(cx, user, Action::Read).await?;
    cx.allow(Action::Update, &row.object())?;
    let row = &row;
    let changed = cx
        .db()
        .tx(|tx| async move {
            let changed = update_user_status(&tx, row.id, status, cx.services.now()).await?;
            cx.audit(&tx, "write", &audit_target(&changed), Change::updated(row, &changed)).await?;
            cx.services.keys.forget_user_after(&tx, row.id);
            Ok::<_, Error>(changed)
        })
        .await?;
    Ok(user_view(changed))
}
