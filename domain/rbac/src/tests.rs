use proptest::prelude::*;
use uuid::Uuid;

use crate::*;

const ORG: Uuid = Uuid::from_u128(1);
const OTHER_ORG: Uuid = Uuid::from_u128(2);
const ME: Uuid = Uuid::from_u128(10);
const YOU: Uuid = Uuid::from_u128(11);

#[test]
fn member_reaches_only_own_workspaces() {
    let me = member(&["organization-workspace-access"]);
    assert!(me.may(Action::Ssh, &workspace(ME)));
    assert!(!me.may(Action::Read, &workspace(YOU)));
    let denied = me.check(Action::Ssh, &workspace(YOU)).unwrap_err();
    assert!(!denied.visible);
}

#[test]
fn membership_alone_grants_no_workspace() {
    assert!(!member(&[]).may(Action::Create, &workspace(ME)));
}

#[test]
fn creation_ban_outvotes_workspace_access() {
    let me = member(&["organization-workspace-access", "organization-workspace-creation-ban"]);
    assert!(!me.may(Action::Create, &workspace(ME)));
    assert!(me.may(Action::Start, &workspace(ME)));
}

#[test]
fn owner_does_everything_but_read_secrets() {
    let owner = user(&["owner"]).build();
    assert!(owner.may(Action::Ssh, &workspace(YOU)));
    assert!(!owner.may(Action::Read, &Object::new(Resource::UserSecret).owned_by(YOU)));
    assert!(!owner.may(Action::Start, &Object::new(Resource::WorkspaceDormant).owned_by(YOU).in_org(ORG)));
}

#[test]
fn owner_without_workspace_access_when_the_deployment_says_so() {
    let options = RoleOptions { disable_owner_workspace_access: true };
    let owner = ActorBuilder::user(ME, "me", vec!["owner".into()], options).build();
    assert!(!owner.may(Action::Ssh, &workspace(YOU)));
    assert!(owner.may(Action::Read, &workspace(YOU)));
}

#[test]
fn everyone_group_gives_use_of_a_template_to_members_alone() {
    let acl = Acl::parse([(ORG, ["read".to_owned(), "use".to_owned()].as_slice())]);
    let template = Object::new(Resource::Template).id(Uuid::from_u128(5)).in_org(ORG).shared(Acl::default(), acl);
    assert!(member(&[]).may(Action::Use, &template));
    assert!(!member(&[]).may(Action::Update, &template));
    assert!(!user(&[]).build().may(Action::Read, &template));
    assert!(member(&[]).check(Action::Update, &template).unwrap_err().visible);
}

#[test]
fn scope_covers_itself_and_what_is_tighter() {
    let scope = |names: &[&str], list: &[&str]| Scope::parse(names, list).unwrap();
    let read = scope(&["workspace:read"], &[]);
    let id = "workspace:00000000-0000-4000-8000-000000000000";
    assert!(Scope::all().covers(&read) && Scope::all().covers(&Scope::all()) && read.covers(&read));
    assert!(!read.covers(&Scope::all()) && !read.covers(&scope(&["workspace:*"], &[])));
    let listed = scope(&["all"], &[id]);
    assert!(
        Scope::all().covers(&listed) && listed.covers(&listed) && listed.covers(&scope(&["workspace:read"], &[id]))
    );
    assert!(!listed.covers(&Scope::all()) && !listed.covers(&read));
    assert!(!listed.covers(&scope(&["all"], &["workspace:*"])) && scope(&["all"], &["workspace:*"]).covers(&listed));
}

#[test]
fn scope_limits_what_roles_allow() {
    let scope = Scope::parse(&["workspace:read"], &[] as &[&str]).unwrap();
    let actor = user(&["owner"]).key(key(), scope).build();
    assert!(actor.may(Action::Read, &workspace(YOU)));
    assert!(!actor.may(Action::Ssh, &workspace(YOU)));
    assert!(!actor.may(Action::Read, &Object::new(Resource::Template)));
}

#[test]
fn allow_list_limits_objects_and_lists() {
    let id = Uuid::from_u128(77);
    let scope = Scope::parse(&["all"], &[format!("workspace:{id}")]).unwrap();
    let actor = user(&["owner"]).key(key(), scope).build();
    assert!(actor.may(Action::Read, &workspace(YOU).id(id)));
    assert!(!actor.may(Action::Read, &workspace(YOU).id(YOU)));
    assert_eq!(actor.filter(Resource::Workspace, Action::Read).ids, Some(vec![id]));
    assert!(actor.filter(Resource::Template, Action::Read).is_empty());
}

#[test]
fn every_external_scope_is_accepted_and_others_are_not() {
    for name in EXTERNAL_SCOPES {
        Scope::parse(&[name], &[] as &[&str]).unwrap();
    }
    for name in ["", "workspace", "workspace:fly", "nothing:read", "coder:nothing"] {
        assert!(Scope::parse(&[name], &[] as &[&str]).is_err(), "{name}");
    }
    for entry in ["workspace:x", "x:*", "*", "*:00000000-0000-0000-0000-000000000001"] {
        assert!(Scope::parse(&["all"], &[entry]).is_err(), "{entry}");
    }
}

#[test]
fn agent_reaches_its_own_workspace_alone() {
    let (ws, template) = (Uuid::from_u128(50), Uuid::from_u128(51));
    let actor = user(&["owner"]).agent(Uuid::from_u128(52), ws, Scope::agent(ws, template, template, None)).build();
    assert!(actor.may(Action::Read, &workspace(ME).id(ws)));
    assert!(!actor.may(Action::Read, &workspace(ME).id(template)));
    assert!(!actor.may(Action::ReadPersonal, &Object::new(Resource::User).id(ME).owned_by(ME)));
}

#[test]
fn any_org_asks_every_membership() {
    let create = Object::new(Resource::Template).in_any_org();
    assert!(member(&["organization-admin"]).may(Action::Create, &create));
    assert!(!member(&[]).may(Action::Create, &create));
}

proptest! {
    /// The filter and the single decision are the same rule.
    #[test]
    fn filter_agrees_with_the_decision(
        roles in proptest::sample::subsequence(vec!["owner", "user-admin", "template-admin", "auditor"], 0..3),
        org_roles in proptest::sample::subsequence(ORG_ROLES.iter().map(|r| r.0).collect::<Vec<_>>(), 0..4),
        kind in proptest::sample::select(Resource::ALL.to_vec()),
        action in proptest::sample::select(Action::ALL.to_vec()),
        owner in proptest::option::of(proptest::sample::select(vec![ME, YOU])),
        org in proptest::option::of(proptest::sample::select(vec![ORG, OTHER_ORG])),
        shared in proptest::option::of(proptest::sample::select(vec![ME, YOU, ORG])),
    ) {
        let actor = user(&roles)
            .member_of(
                Membership { org: ORG, roles: org_roles.iter().map(|r| (*r).to_owned()).collect() },
                SharingMode::Everyone,
                &[],
            )
            .build();
        let acl = Acl { entries: shared.iter().map(|id| (*id, Actions::of(&[action]))).collect() };
        let mut object = Object::new(kind).shared(acl.clone(), acl);
        object.owner = owner;
        object.org = org;
        let filter = actor.filter(kind, action);
        let in_orgs = |orgs: &[Uuid]| org.is_some_and(|org| orgs.contains(&org));
        let by_filter = filter.all
            || in_orgs(&filter.orgs)
            || (owner == Some(filter.user) && in_orgs(&filter.member_orgs))
            || (org.is_none() && owner.is_some() && owner == filter.own)
            || (in_orgs(&filter.acl_orgs)
                && shared.is_some_and(|id| id == filter.user || (filter.acl_groups.contains(&id) && Some(id) == org)));
        prop_assert_eq!(by_filter, actor.may(action, &object));
    }
}

fn user(roles: &[&str]) -> ActorBuilder {
    ActorBuilder::user(ME, "me", roles.iter().map(|r| (*r).to_owned()).collect(), RoleOptions::default())
}

fn member(roles: &[&str]) -> Actor {
    let membership = Membership { org: ORG, roles: roles.iter().map(|r| (*r).to_owned()).collect() };
    user(&[]).member_of(membership, SharingMode::Everyone, &[]).build()
}

fn workspace(owner: Uuid) -> Object {
    Object::new(Resource::Workspace).id(Uuid::from_u128(99)).owned_by(owner).in_org(ORG)
}

fn key() -> KeyInfo {
    KeyInfo { id: "0123456789".into(), kind: KeyKind::Token }
}
