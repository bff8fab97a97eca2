//! The decision (rest.md §15.1).

use crate::actor::OrgLevels;
use crate::bits::{Level, Vote};
use crate::{Action, Actor, Object, Resource};

/// A refusal. What the actor cannot even read is treated as absent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of {} denied", .action.as_str(), .kind.as_str())]
pub struct Denied {
    /// The kind of object.
    pub kind: Resource,
    /// What was asked for.
    pub action: Action,
    /// True when the actor may read the object, so that a refusal tells nothing new.
    pub visible: bool,
}

/// The one place that decides; stateless, because the roles are compiled into the [`Actor`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Authorizer;

impl Authorizer {
    /// Decides whether `actor` may do `action` to `object`.
    ///
    /// # Errors
    /// [`Denied`] says whether the object is visible to the actor.
    pub fn check(&self, actor: &Actor, action: Action, object: &Object) -> Result<(), Denied> {
        actor.check(action, object)
    }
}

impl Actor {
    /// Decides whether this actor may do `action` to `object`.
    ///
    /// # Errors
    /// [`Denied`] says whether the object is visible to the actor.
    pub fn check(&self, action: Action, object: &Object) -> Result<(), Denied> {
        if self.may(action, object) {
            return Ok(());
        }
        let visible = action != Action::Read && self.may(Action::Read, object);
        Err(Denied { kind: object.kind, action, visible })
    }

    /// The decision without its reason.
    pub fn may(&self, action: Action, object: &Object) -> bool {
        self.scope_allows(action, object) && (self.role_allows(action, object) || self.acl_allows(action, object))
    }

    fn scope_allows(&self, action: Action, object: &Object) -> bool {
        self.scope.unrestricted
            || (self.scope.level.vote(object.kind, action) == Vote::Allow
                && self.scope.allows_object(object.kind, object.id))
    }

    fn role_allows(&self, action: Action, object: &Object) -> bool {
        match self.site.vote(object.kind, action) {
            Vote::Allow => return true,
            Vote::Deny => return false,
            Vote::Abstain => {}
        }
        let owned = object.owner == Some(self.user_id);
        if object.any_org {
            return self.orgs.iter().any(|levels| org_allows(levels, action, object.kind, owned));
        }
        match object.org {
            None => owned && self.user.vote(object.kind, action) == Vote::Allow,
            Some(org) => self
                .orgs
                .iter()
                .any(|levels| levels.org == org && org_allows(levels, action, object.kind, owned)),
        }
    }

    fn acl_allows(&self, action: Action, object: &Object) -> bool {
        let Some(org) = object.org else { return false };
        if !self.is_member_of(org) {
            return false;
        }
        let by_user = |(id, actions): &(_, crate::Actions)| *id == self.user_id && actions.contains(action);
        let by_group = |(id, actions): &(_, crate::Actions)| {
            (*id == org || self.groups.contains(id)) && actions.contains(action)
        };
        object.user_acl.entries.iter().any(by_user) || object.group_acl.entries.iter().any(by_group)
    }
}

fn org_allows(levels: &OrgLevels, action: Action, kind: Resource, owned: bool) -> bool {
    match levels.org_level.vote(kind, action) {
        Vote::Allow => true,
        Vote::Deny => false,
        Vote::Abstain => owned && member_allows(&levels.member_level, action, kind),
    }
}

fn member_allows(level: &Level, action: Action, kind: Resource) -> bool {
    level.vote(kind, action) == Vote::Allow
}
