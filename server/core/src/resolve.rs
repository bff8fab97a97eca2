//! From what a path names to the thing.

use uuid::Uuid;
use warren_builds::Builds;
use warren_db::Querier;
use warren_db::workspaces::{HomeRow, OwnerRow, find_home, find_owner};
use warren_rbac::{Object, Resource};

use crate::{Cx, Error, OrgRef, Result, UserRef};

impl Cx {
    /// Jobs and builds.
    pub fn builds(&self) -> std::sync::Arc<Builds> {
        self.services.extensions.get::<Builds>()
    }
}

/// The user that a path names. Whether the caller may see them is decided about what is theirs, not here.
///
/// # Errors
/// 400 for `me` without a user, 404.
pub(crate) async fn owner(cx: &Cx, q: &impl Querier, user: &UserRef) -> Result<OwnerRow> {
    let (id, name) = match user {
        UserRef::Me if cx.actor.user_id.is_nil() => {
            return Err(Error::invalid("\"me\" is only valid for a signed-in user."));
        }
        UserRef::Me => (Some(cx.actor.user_id), None),
        UserRef::Id(id) => (Some(*id), None),
        UserRef::Name(name) => (None, Some(name.as_str())),
    };
    find_owner(q, id, name).await?.ok_or_else(Error::not_found)
}

/// The organization that a path names, if the caller may see it.
///
/// # Errors
/// 404.
pub(crate) async fn home(cx: &Cx, q: &impl Querier, org: &OrgRef) -> Result<HomeRow> {
    let (id, name) = match org {
        OrgRef::Default => (None, None),
        OrgRef::Id(id) => (Some(*id), None),
        OrgRef::Name(name) => (None, Some(name.as_str())),
    };
    let home = find_home(q, id, name).await?.ok_or_else(Error::not_found)?;
    cx.allow(warren_rbac::Action::Read, &Object::new(Resource::Organization).id(home.id).in_org(home.id))?;
    Ok(home)
}

/// A UUID of a request where the nil UUID means "none".
pub(crate) fn given(id: Uuid) -> Option<Uuid> {
    (!id.is_nil()).then_some(id)
}
