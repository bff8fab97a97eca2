//! A role: permissions at four levels.

use crate::bits::Level;
use crate::{Actions, Resource};

/// Actions on one kind of object, granted or denied; the form in which roles are listed and stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Denies instead of grants.
    pub negate: bool,
    /// The kind.
    pub kind: Resource,
    /// The actions.
    pub actions: Actions,
}

/// How far workspaces of an organization may be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SharingMode {
    /// With every member of the organization.
    #[default]
    Everyone,
    /// Only by service accounts.
    ServiceAccounts,
    /// Not at all.
    None,
}

/// Settings of the deployment that change what built-in roles grant.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoleOptions {
    /// Owners get no ssh and no application access to other people's workspaces.
    pub disable_owner_workspace_access: bool,
}

/// A set of permissions with a name.
///
/// *site*: any object. *user*: objects of the subject that belong to no organization. *org*: objects of the role's
/// organization. *member*: objects of the role's organization that the subject owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub(crate) site: Level,
    pub(crate) user: Level,
    pub(crate) org: Level,
    pub(crate) member: Level,
}

impl Role {
    /// Grants nothing.
    pub const EMPTY: Self =
        Self { site: Level::EMPTY, user: Level::EMPTY, org: Level::EMPTY, member: Level::EMPTY };

    /// A custom role of an organization: permissions at the organization level only.
    pub fn custom(permissions: &[Permission]) -> Self {
        let mut role = Self::EMPTY;
        for permission in permissions {
            if permission.negate {
                role.org.deny(permission.kind, permission.actions);
            } else {
                role.org.grant(permission.kind, permission.actions);
            }
        }
        role
    }

    /// The permissions at the site level, denials first.
    pub fn site_permissions(&self) -> Vec<Permission> {
        list(&self.site)
    }

    /// The permissions at the user level.
    pub fn user_permissions(&self) -> Vec<Permission> {
        list(&self.user)
    }

    /// The permissions at the organization level.
    pub fn org_permissions(&self) -> Vec<Permission> {
        list(&self.org)
    }

    /// The permissions at the member level.
    pub fn member_permissions(&self) -> Vec<Permission> {
        list(&self.member)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.site.merge(&other.site);
        self.user.merge(&other.user);
        self.org.merge(&other.org);
        self.member.merge(&other.member);
    }
}

fn list(level: &Level) -> Vec<Permission> {
    let denied = Resource::ALL.into_iter().map(|kind| (true, kind, level.denied(kind)));
    let granted = Resource::ALL.into_iter().map(|kind| (false, kind, level.granted(kind)));
    denied
        .chain(granted)
        .filter(|(_, _, actions)| *actions != Actions::NONE)
        .map(|(negate, kind, actions)| Permission { negate, kind, actions })
        .collect()
}
