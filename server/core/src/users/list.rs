//! Reading users, and changing their profile.

use uuid::Uuid;
use warren_api::{GetUsersResponse, UpdateUserProfileRequest, User};
use warren_db::ResultExt;
use warren_db::users::{count_users, list_users as list_user_rows, update_user_profile};
use warren_rbac::{Action, Resource};

use super::search::parse_search;
use super::view::user_view;
use super::{audit_target, load_user};
use crate::audit::Change;
use crate::{Cx, Error, Result, UserRef};

/// One user.
///
/// # Errors
/// 404.
pub async fn get_user(cx: &Cx, user: &UserRef) -> Result<User> {
    Ok(user_view(load_user(cx, user, Action::Read).await?))
}

/// The users that the caller may see, by name.
///
/// # Errors
/// 400 for a bad search.
pub async fn list_users(cx: &Cx, search: &str, page: (Option<Uuid>, i64, Option<i64>)) -> Result<GetUsersResponse> {
    let search = parse_search(search, cx.actor.user_id)?;
    let filter = cx.actor.filter(Resource::User, Action::Read);
    let conn = cx.db().conn().await?;
    let rows = list_user_rows(&conn, &filter, &search, page).await?;
    let whole = page == (None, 0, None);
    let count = match i64::try_from(rows.len()) {
        Ok(count) if whole => count,
        _ => count_users(&conn, &filter, &search).await?,
    };
    Ok(GetUsersResponse { users: rows.into_iter().map(user_view).collect(), count })
}

/// Changes username and full name.
///
/// # Errors
/// 404, 403, 409 for a taken username.
pub async fn update_profile(cx: &Cx, user: &UserRef, body: UpdateUserProfileRequest) -> Result<User> {
    let row = load_user(cx, user, Action::Read).await?;
    cx.allow(Action::UpdatePersonal, &warren_rbac::Protected::object(&row))?;
    let taken = || {
        Error::conflict("A user with this username already exists.")
            .validation("username", "This username is already in use.")
    };
    let (row, body) = (&row, &body);
    let changed = cx
        .db()
        .tx(|tx| async move {
            let avatar = if body.avatar_url.is_empty() { &row.avatar_url } else { &body.avatar_url };
            let profile = (body.username.as_str(), body.name.as_str(), avatar.as_str());
            let changed = update_user_profile(&tx, row.id, profile, cx.services.now())
                .await
                .on_constraint("users_username_idx", taken)?;
            cx.audit(&tx, "write", &audit_target(&changed), Change::updated(row, &changed)).await?;
            cx.services.keys.forget_user_after(&tx, row.id);
            Ok::<_, Error>(changed)
        })
        .await?;
    Ok(user_view(changed))
}
