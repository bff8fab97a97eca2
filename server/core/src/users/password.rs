//! Changing passwords.

use std::sync::Arc;

use warren_api::{
    ChangePasswordWithOneTimePasscodeRequest, LoginType, UpdateUserPasswordRequest, ValidateUserPasswordResponse,
};
use warren_auth::check_strength;
use warren_db::api_keys::delete_api_keys_of_user;
use warren_db::organizations::list_memberships_of_user;
use warren_db::users::{UserRow, find_login_by_id, update_user_password};
use warren_rbac::{Action, Protected, assignable_by};

use super::{audit_target, load_user};
use crate::audit::Change;
use crate::{Cx, Error, RequestInfo, Result, Services, UserRef};

/// Whether a password would be accepted.
pub fn validate_password(password: &str) -> ValidateUserPasswordResponse {
    match check_strength(password) {
        Ok(()) => ValidateUserPasswordResponse { valid: true, details: String::new() },
        Err(weak) => ValidateUserPasswordResponse { valid: false, details: weak.to_string() },
    }
}

/// Changes a password and ends every session of the user. One's own change needs the old password; another's
/// needs the right to give all of their roles.
///
/// # Errors
/// 404, 403, 400.
pub async fn change_password(cx: &Cx, user: &UserRef, body: UpdateUserPasswordRequest) -> Result<()> {
    let row = load_user(cx, user, Action::Read).await?;
    let own = row.id == cx.actor.user_id;
    cx.allow(if own { Action::UpdatePersonal } else { Action::Update }, &row.object())?;
    if !own {
        check_not_superior(cx, &row).await?;
    }
    if row.login_type != LoginType::Password.as_str() {
        return Err(Error::invalid("Users without password login type cannot change their password."));
    }
    check_strength(&body.password)
        .map_err(|weak| Error::invalid("Invalid password.").validation("password", weak.to_string()))?;
    let conn = cx.db().conn().await?;
    let login = find_login_by_id(&conn, row.id).await?.ok_or_else(Error::not_found)?;
    drop(conn);
    let passwords = &cx.services.passwords;
    let kept = login.password_hash.as_deref();
    if own && !passwords.verify(&body.old_password, kept).await {
        let text = "Old password is incorrect.";
        return Err(Error::invalid(text).validation("old_password", text));
    }
    if passwords.verify(&body.password, kept).await {
        return Err(Error::invalid("New password cannot match old password."));
    }
    let hash = passwords.hash(&body.password).await;
    let (row, hash) = (&row, &hash);
    cx.db()
        .tx(|tx| async move {
            update_user_password(&tx, row.id, hash, cx.services.now()).await?;
            delete_api_keys_of_user(&tx, row.id).await?;
            let change = Change::updated(
                &serde_json::json!({ "hashed_password": "" }),
                &serde_json::json!({ "hashed_password": "*" }),
            );
            cx.audit(&tx, "write", &audit_target(row), change.secret(&["hashed_password"])).await?;
            cx.services.keys.forget_user_after(&tx, row.id);
            Ok::<_, Error>(())
        })
        .await
}

/// A password opens the whole account, so whoever sets it must hold, or be able to give, every role of the account.
async fn check_not_superior(cx: &Cx, row: &UserRow) -> Result<()> {
    if cx.actor.has_role("owner") {
        return Ok(());
    }
    let conn = cx.db().conn().await?;
    let memberships = list_memberships_of_user(&conn, row.id).await?;
    let within = |own: &[String], role: &String| own.contains(role) || own.iter().any(|own| assignable_by(own, role));
    let site = row.site_roles.iter().all(|role| within(&cx.actor.roles, role));
    let organizations = memberships.iter().all(|theirs| {
        let own = cx.actor.memberships.iter().find(|own| own.org == theirs.organization_id);
        let own = own.map_or(&[][..], |own| own.roles.as_slice());
        theirs.roles.iter().all(|role| within(&cx.actor.roles, role) || within(own, role))
    });
    if site && organizations {
        return Ok(());
    }
    Err(Error::forbidden_because("You may not change the password of somebody whose roles you could not give."))
}

/// Asks for a one-time passcode. The answer is the same whether the account exists; delivery needs a notification
/// channel.
pub async fn request_passcode(_services: &Arc<Services>, _request: &Arc<RequestInfo>) -> Result<()> {
    Ok(())
}

/// Changes a password by a one-time passcode. Without a channel that could have delivered one, every passcode is wrong.
///
/// # Errors
/// 400.
pub async fn change_password_by_passcode(
    services: &Arc<Services>,
    body: ChangePasswordWithOneTimePasscodeRequest,
) -> Result<()> {
    let _same_time_as_a_check = services.passwords.verify(&body.one_time_passcode, None).await;
    Err(Error::invalid("Incorrect email or one-time passcode."))
}
