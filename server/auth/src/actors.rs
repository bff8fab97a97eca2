//! From the facts in the database to a compiled actor.

use uuid::Uuid;
use warren_db::api_keys::{self, ActorFactsRow, MembershipFacts, PermissionFacts};
use warren_db::{DbError, Querier};
use warren_rbac::{Action, Actions, ActorBuilder, Membership, Permission, Resource, Role, RoleOptions, SharingMode};

/// The builder of a user's actor, without a key.
pub fn compile(facts: ActorFactsRow, options: RoleOptions) -> ActorBuilder {
    let mut builder = ActorBuilder::user(facts.user_id, facts.username, facts.site_roles, options);
    if facts.is_service_account {
        builder = builder.service_account();
    }
    for membership in facts.memberships.0 {
        let custom: Vec<Role> = membership.custom.iter().map(|permissions| custom_role(permissions)).collect();
        let sharing = sharing_mode(&membership);
        let MembershipFacts { organization_id: org, roles, .. } = membership;
        builder = builder.member_of(Membership { org, roles }, sharing, &custom);
    }
    builder.groups(facts.groups)
}

/// Loads a user who acts without a key; `None` when the user is gone.
///
/// # Errors
/// [`DbError`].
pub async fn load_actor(
    q: &impl Querier,
    user: Uuid,
    options: RoleOptions,
) -> Result<Option<ActorBuilder>, DbError> {
    Ok(api_keys::find_actor_facts(q, user).await?.map(|facts| compile(facts, options)))
}

fn sharing_mode(membership: &MembershipFacts) -> SharingMode {
    match membership.sharing.as_str() {
        "none" => SharingMode::None,
        "service_accounts" => SharingMode::ServiceAccounts,
        _ => SharingMode::Everyone,
    }
}

fn custom_role(permissions: &[PermissionFacts]) -> Role {
    let known = permissions.iter().filter_map(|stored| {
        let kind = Resource::parse(&stored.resource_type)?;
        let actions = match stored.action.as_str() {
            "*" => kind.actions(),
            name => Actions::of(&[Action::parse(name)?]),
        };
        Some(Permission { negate: stored.negate, kind, actions })
    });
    Role::custom(&known.collect::<Vec<_>>())
}
