//! Removing users.

use warren_db::users::{delete_user as delete_row, has_workspaces};
use warren_rbac::{Action, Protected};

use super::{audit_target, load_user};
use crate::audit::Change;
use crate::{Cx, Error, Result, UserRef};

/// Hides a user and ends their sessions.
///
/// # Errors
/// 403 for oneself, 417 while they own workspaces, 404, 403.
pub async fn delete_user(cx: &Cx, user: &UserRef) -> Result<()> {
    let row = load_user(cx, user, Action::Read).await?;
    if row.id == cx.actor.user_id {
        return Err(Error::forbidden_because("You cannot delete yourself!"));
    }
    cx.allow(Action::Delete, &row.object())?;
    if row.site_roles.iter().any(|role| role == "owner") && !cx.actor.has_role("owner") {
        return Err(Error::forbidden_because("Only owners may delete an owner."));
    }
    let row = &row;
    cx.db()
        .tx(|tx| async move {
            if has_workspaces(&tx, row.id).await? {
                return Err(Error::new(
                    417,
                    "You cannot delete a user that has workspaces. Delete their workspaces and try again!",
                ));
            }
            delete_row(&tx, row.id, cx.services.now()).await?;
            cx.audit(&tx, "delete", &audit_target(row), Change::deleted(row)).await?;
            cx.services.keys.forget_user_after(&tx, row.id);
            Ok(())
        })
        .await
}
