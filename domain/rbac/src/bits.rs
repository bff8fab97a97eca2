//! A table of permissions: for each kind of object the actions that are granted and the actions that are denied.

use crate::{Action, Actions, Resource};

/// Grants and denials at one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Level {
    allow: [u32; Resource::COUNT],
    deny: [u32; Resource::COUNT],
}

/// What a level says about one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vote {
    Allow,
    Deny,
    Abstain,
}

impl Level {
    pub(crate) const EMPTY: Self = Self { allow: [0; Resource::COUNT], deny: [0; Resource::COUNT] };

    pub(crate) fn grant(&mut self, kind: Resource, actions: Actions) {
        self.allow[kind as usize] |= actions.0 & kind.actions().0;
    }

    pub(crate) fn deny(&mut self, kind: Resource, actions: Actions) {
        self.deny[kind as usize] |= actions.0 & kind.actions().0;
    }

    pub(crate) fn grant_everything(&mut self) {
        for kind in Resource::ALL {
            self.grant(kind, Actions::ALL);
        }
    }

    /// Takes grants back; not the same as a denial, which would outvote other roles.
    pub(crate) fn revoke(&mut self, kind: Resource, actions: Actions) {
        self.allow[kind as usize] &= !actions.0;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for i in 0..Resource::COUNT {
            self.allow[i] |= other.allow[i];
            self.deny[i] |= other.deny[i];
        }
    }

    pub(crate) fn vote(&self, kind: Resource, action: Action) -> Vote {
        let (i, bit) = (kind as usize, 1 << action as u32);
        if self.deny[i] & bit != 0 {
            Vote::Deny
        } else if self.allow[i] & bit != 0 {
            Vote::Allow
        } else {
            Vote::Abstain
        }
    }

    pub(crate) fn granted(&self, kind: Resource) -> Actions {
        Actions(self.allow[kind as usize])
    }

    pub(crate) fn denied(&self, kind: Resource) -> Actions {
        Actions(self.deny[kind as usize])
    }

    /// True when everything that `other` grants is granted here and not denied.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        (0..Resource::COUNT).all(|i| other.allow[i] & !(self.allow[i] & !self.deny[i]) == 0)
    }
}
