//! The rule as a filter for lists: which objects of a kind an actor may do an action to, without naming them.

use uuid::Uuid;

use crate::bits::Vote;
use crate::{Action, Actor, Resource};

/// The objects that an actor reaches, as values that a query takes as parameters:
///
/// `(all OR org = ANY(orgs) OR (owner = user AND org = ANY(member_orgs)) OR (org IS NULL AND owner = own) OR shared)
/// AND (ids IS NULL OR id = ANY(ids))`, where *shared* means: `org = ANY(acl_orgs)` and the object's access lists hold
/// `acl_action` (or `*`) for `user` or for one of `acl_groups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Every object.
    pub all: bool,
    /// Every object of these organizations.
    pub orgs: Vec<Uuid>,
    /// The actor's own objects in these organizations.
    pub member_orgs: Vec<Uuid>,
    /// The actor's own objects outside any organization.
    pub own: Option<Uuid>,
    /// The actor.
    pub user: Uuid,
    /// Organizations in which access lists count.
    pub acl_orgs: Vec<Uuid>,
    /// The actor's groups, "Everyone" groups included.
    pub acl_groups: Vec<Uuid>,
    /// The action to look for in access lists.
    pub acl_action: &'static str,
    /// The key's allow list: only these objects.
    pub ids: Option<Vec<Uuid>>,
}

impl Actor {
    /// The filter for objects of this kind.
    pub fn filter(&self, kind: Resource, action: Action) -> Filter {
        let mut filter = Filter {
            all: false,
            orgs: Vec::new(),
            member_orgs: Vec::new(),
            own: None,
            user: self.user_id,
            acl_orgs: Vec::new(),
            acl_groups: Vec::new(),
            acl_action: action.as_str(),
            ids: self.allowed_ids(kind, action),
        };
        if filter.ids.as_ref().is_some_and(Vec::is_empty) {
            return filter;
        }
        filter.acl_orgs = self.memberships.iter().map(|membership| membership.org).collect();
        filter.acl_groups = self.groups.iter().chain(&filter.acl_orgs).copied().collect();
        match self.site.vote(kind, action) {
            Vote::Allow => filter.all = true,
            Vote::Deny => {}
            Vote::Abstain => self.filter_by_levels(kind, action, &mut filter),
        }
        filter
    }

    fn filter_by_levels(&self, kind: Resource, action: Action, filter: &mut Filter) {
        filter.own = (self.user.vote(kind, action) == Vote::Allow).then_some(self.user_id);
        for levels in &self.orgs {
            match levels.org_level.vote(kind, action) {
                Vote::Allow => filter.orgs.push(levels.org),
                Vote::Deny => {}
                Vote::Abstain if levels.member_level.vote(kind, action) == Vote::Allow => {
                    filter.member_orgs.push(levels.org);
                }
                Vote::Abstain => {}
            }
        }
    }

    /// `None`: any object; an empty list: none.
    fn allowed_ids(&self, kind: Resource, action: Action) -> Option<Vec<Uuid>> {
        if self.scope.unrestricted {
            return None;
        }
        if self.scope.level.vote(kind, action) != Vote::Allow {
            return Some(Vec::new());
        }
        if self.scope.allows_object(kind, None) {
            return None;
        }
        let of_kind = self.scope.allow_list.iter().filter(|entry| entry.kind.is_none_or(|k| k == kind));
        Some(of_kind.filter_map(|entry| entry.id).collect())
    }
}

impl Filter {
    /// True when nothing can match, so that the query need not run.
    pub fn is_empty(&self) -> bool {
        self.ids.as_ref().is_some_and(Vec::is_empty)
    }
}
