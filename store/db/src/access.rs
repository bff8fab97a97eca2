//! The actor's filter as parameters of list queries.

use uuid::Uuid;
use warren_rbac::Filter;

/// The parameters of the "who asks" part of a list query, in the order of the queries' headers.
#[derive(Debug)]
pub(crate) struct Access {
    pub all: bool,
    pub orgs: Vec<Uuid>,
    pub user: Uuid,
    pub member_orgs: Vec<Uuid>,
    pub acl_orgs: Vec<Uuid>,
    pub acl_groups: Vec<String>,
    pub acl_actions: Vec<&'static str>,
    pub ids: Option<Vec<Uuid>>,
}

impl From<&Filter> for Access {
    fn from(filter: &Filter) -> Self {
        Self {
            all: filter.all,
            orgs: filter.orgs.clone(),
            user: filter.user,
            member_orgs: filter.member_orgs.clone(),
            acl_orgs: filter.acl_orgs.clone(),
            acl_groups: filter.acl_groups.iter().map(Uuid::to_string).collect(),
            acl_actions: vec![filter.acl_action, "*"],
            ids: filter.ids.clone(),
        }
    }
}

/// A stored access list, `{id: [actions]}`.
pub type StoredAcl = std::collections::BTreeMap<Uuid, Vec<String>>;

pub(crate) fn acl(stored: &StoredAcl) -> warren_rbac::Acl {
    warren_rbac::Acl::parse(stored.iter().map(|(id, actions)| (*id, actions.as_slice())))
}
