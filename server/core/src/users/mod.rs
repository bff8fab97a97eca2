//! Users.

mod appearance;
mod create;
mod delete;
mod git_ssh_key;
mod list;
mod login;
mod password;
mod roles;
mod search;
mod status;
mod view;

pub use appearance::{get_appearance, get_preferences, update_appearance, update_preferences};
pub use create::{create_first_user, create_user, first_user_exists};
pub use delete::delete_user;
pub use git_ssh_key::{get_git_ssh_key, load_git_ssh_key, regenerate_git_ssh_key};
pub use list::{get_user, list_users, update_profile};
pub use login::{auth_methods, get_login_type, login_with_password, logout};
pub use password::{change_password, change_password_by_passcode, request_passcode, validate_password};
pub use roles::{get_user_roles, list_site_roles, update_user_roles};
pub use status::{activate_dormant, activate_user, suspend_user};
pub use view::{slim_org_roles, slim_site_roles, user_view};

pub(crate) use view::permission_views;

use warren_db::users::{UserRow, find_user_by_id, find_user_by_name};
use warren_rbac::{Action, Guarded};

use crate::audit::Target;
use crate::{Cx, Error, Result, UserRef};

/// The user that a path names, without a decision: the caller of this function makes it.
///
/// # Errors
/// 404 for an unknown user, 400 for `me` without a user.
pub async fn find_user(cx: &Cx, user: &UserRef) -> Result<Guarded<UserRow>> {
    let conn = cx.db().conn().await?;
    let row = match user {
        UserRef::Me if cx.actor.user_id.is_nil() => {
            return Err(Error::invalid("\"me\" needs a user's session."));
        }
        UserRef::Me => find_user_by_id(&conn, cx.actor.user_id).await?,
        UserRef::Id(id) => find_user_by_id(&conn, *id).await?,
        UserRef::Name(name) => find_user_by_name(&conn, name).await?,
    };
    row.ok_or_else(Error::not_found)
}

/// The user that a path names, if the caller may do `action` to them.
///
/// # Errors
/// 404 for an unknown or invisible user, 403 else.
pub async fn load_user(cx: &Cx, user: &UserRef, action: Action) -> Result<UserRow> {
    Ok(find_user(cx, user).await?.allow(&cx.actor, action)?)
}

pub(crate) fn audit_target(user: &UserRow) -> Target {
    Target { resource_type: "user", id: user.id, name: user.username.clone(), ..Target::default() }
}
