//! The object of a decision.

use uuid::Uuid;

use crate::{Action, Actions, Resource};

/// Access given directly on an object: to users, or to groups (the organization's id is its "Everyone" group).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acl {
    /// `(user or group, actions)`.
    pub entries: Vec<(Uuid, Actions)>,
}

impl Acl {
    /// Reads the stored form: id and action names, where `*` stands for every action. Unknown names give nothing.
    pub fn parse<'a>(entries: impl IntoIterator<Item = (Uuid, &'a [String])>) -> Self {
        let actions = |names: &[String]| {
            names.iter().fold(Actions::NONE, |set, name| {
                set.and(if name == "*" {
                    Actions::ALL
                } else {
                    Action::parse(name).map_or(Actions::NONE, |action| Actions::of(&[action]))
                })
            })
        };
        Self { entries: entries.into_iter().map(|(id, names)| (id, actions(names))).collect() }
    }
}

/// What a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The kind.
    pub kind: Resource,
    /// Its id; `None` for an object that is about to be created, or for "any".
    pub id: Option<Uuid>,
    /// The user who owns it.
    pub owner: Option<Uuid>,
    /// The organization it belongs to.
    pub org: Option<Uuid>,
    /// Asks "in any organization of the actor".
    pub any_org: bool,
    /// Access given to users.
    pub user_acl: Acl,
    /// Access given to groups.
    pub group_acl: Acl,
}

impl Object {
    /// An object of this kind without id, owner or organization.
    pub fn new(kind: Resource) -> Self {
        Self { kind, id: None, owner: None, org: None, any_org: false, user_acl: Acl::default(), group_acl: Acl::default() }
    }

    /// With an id.
    pub fn id(mut self, id: Uuid) -> Self {
        self.id = Some(id);
        self
    }

    /// Owned by this user.
    pub fn owned_by(mut self, user: Uuid) -> Self {
        self.owner = Some(user);
        self
    }

    /// In this organization.
    pub fn in_org(mut self, org: Uuid) -> Self {
        self.org = Some(org);
        self
    }

    /// In any organization of the actor.
    pub fn in_any_org(mut self) -> Self {
        self.any_org = true;
        self
    }

    /// With access given to users and groups.
    pub fn shared(mut self, users: Acl, groups: Acl) -> Self {
        self.user_acl = users;
        self.group_acl = groups;
        self
    }
}
