//! The built-in roles (rest.md §15.3).

use crate::{Action::*, Actions, Resource, Role, RoleOptions, SharingMode};

/// Site roles that can be given to a user, with their display names.
pub const SITE_ROLES: &[(&str, &str)] = &[
    ("agents-access", "Coder Agents User"),
    ("auditor", "Auditor"),
    ("owner", "Owner"),
    ("template-admin", "Template Admin"),
    ("user-admin", "User Admin"),
];

/// Organization roles that can be given to a member, with their display names.
pub const ORG_ROLES: &[(&str, &str)] = &[
    ("organization-admin", "Organization Admin"),
    ("organization-auditor", "Organization Auditor"),
    ("organization-template-admin", "Organization Template Admin"),
    ("organization-user-admin", "Organization User Admin"),
    ("organization-workspace-access", "Organization Workspace Access"),
    ("organization-workspace-creation-ban", "Organization Workspace Creation Ban"),
];

/// True when a holder of the role `own` may give and take the role `other`.
pub fn assignable_by(own: &str, other: &str) -> bool {
    match own {
        "owner" => true,
        "organization-admin" => other.starts_with("organization-") || !is_builtin(other),
        "user-admin" => {
            matches!(other, "member" | "organization-member" | "organization-workspace-access" | "agents-access")
        }
        "organization-user-admin" => {
            matches!(other, "organization-member" | "organization-workspace-access" | "agents-access")
        }
        _ => false,
    }
}

fn is_builtin(name: &str) -> bool {
    SITE_ROLES.iter().chain(ORG_ROLES).any(|(role, _)| *role == name) || name == "member"
}

/// The built-in role of a name; `None` for a custom or unknown one.
pub fn builtin_role(name: &str, options: RoleOptions, sharing: SharingMode) -> Option<Role> {
    Some(match name {
        "owner" => owner(options),
        "user-admin" => user_admin(),
        "template-admin" => template_admin(),
        "auditor" => auditor(),
        "member" => member(),
        "agents-access" => Role::EMPTY,
        "organization-admin" => organization_admin(),
        "organization-user-admin" => organization_user_admin(),
        "organization-template-admin" => organization_template_admin(),
        "organization-auditor" => organization_auditor(),
        "organization-member" => organization_member(sharing),
        "organization-workspace-access" => organization_workspace_access(),
        "organization-workspace-creation-ban" => organization_workspace_creation_ban(),
        _ => return None,
    })
}

/// What may be done to a dormant workspace: it cannot be started or entered.
const DORMANT: Actions = Actions::ALL.without(Actions::of(&[Start, Ssh, ApplicationConnect]));

fn owner(options: RoleOptions) -> Role {
    let mut role = Role::EMPTY;
    role.site.grant_everything();
    role.site.revoke(Resource::UserSecret, Actions::ALL);
    role.site.revoke(Resource::WorkspaceDormant, Actions::of(&[Start, Ssh, ApplicationConnect]));
    if options.disable_owner_workspace_access {
        role.site.revoke(Resource::Workspace, Actions::of(&[Ssh, ApplicationConnect]));
    }
    role
}

fn user_admin() -> Role {
    let mut role = Role::EMPTY;
    let site = &mut role.site;
    site.grant(Resource::AssignRole, Actions::of(&[Read, Assign, Unassign]));
    site.grant(Resource::AssignOrgRole, Actions::of(&[Read, Assign, Unassign]));
    site.grant(Resource::User, Actions::ALL);
    site.grant(Resource::Group, Actions::CRUD);
    site.grant(Resource::GroupMember, Actions::READ);
    site.grant(Resource::Organization, Actions::READ);
    site.grant(Resource::OrganizationMember, Actions::CRUD);
    site.grant(Resource::IdpsyncSettings, Actions::of(&[Read, Update]));
    role
}

fn template_admin() -> Role {
    let mut role = Role::EMPTY;
    let site = &mut role.site;
    site.grant(Resource::Template, Actions::ALL);
    site.grant(Resource::File, Actions::of(&[Create, Read]));
    site.grant(Resource::Workspace, Actions::READ);
    site.grant(Resource::WorkspaceDormant, Actions::READ);
    site.grant(Resource::PrebuiltWorkspace, Actions::of(&[Update, Delete]));
    site.grant(Resource::ProvisionerDaemon, Actions::CRUD);
    for kind in [
        Resource::User,
        Resource::Group,
        Resource::GroupMember,
        Resource::Organization,
        Resource::OrganizationMember,
        Resource::AssignOrgRole,
    ] {
        site.grant(kind, Actions::READ);
    }
    role
}

fn auditor() -> Role {
    let mut role = Role::EMPTY;
    for kind in [
        Resource::AuditLog,
        Resource::ConnectionLog,
        Resource::Template,
        Resource::User,
        Resource::Group,
        Resource::GroupMember,
        Resource::Organization,
        Resource::OrganizationMember,
        Resource::DeploymentStats,
        Resource::DeploymentConfig,
        Resource::AssignOrgRole,
    ] {
        role.site.grant(kind, Actions::READ);
    }
    role.site.grant(Resource::Template, Actions::of(&[ViewInsights]));
    role
}

fn member() -> Role {
    let mut role = Role::EMPTY;
    for kind in [Resource::AssignRole, Resource::Oauth2App, Resource::WorkspaceProxy] {
        role.site.grant(kind, Actions::READ);
    }
    role.user.grant_everything();
    for kind in [
        Resource::Workspace,
        Resource::WorkspaceDormant,
        Resource::PrebuiltWorkspace,
        Resource::User,
        Resource::OrganizationMember,
        Resource::ProvisionerDaemon,
    ] {
        role.user.revoke(kind, Actions::ALL);
    }
    role.user.grant(Resource::User, Actions::of(&[Read, ReadPersonal, UpdatePersonal]));
    role.user.grant(Resource::ProvisionerDaemon, Actions::of(&[Read, Create, Update]));
    role
}

fn organization_admin() -> Role {
    let mut role = Role::EMPTY;
    role.org.grant_everything();
    role.org.revoke(Resource::Workspace, Actions::of(&[Ssh, ApplicationConnect]));
    role.org.revoke(Resource::WorkspaceDormant, Actions::ALL.without(DORMANT));
    role.org.revoke(Resource::AssignRole, Actions::ALL);
    role.org.revoke(Resource::UserSecret, Actions::ALL);
    role.site.grant(Resource::User, Actions::READ);
    role
}

fn organization_user_admin() -> Role {
    let mut role = Role::EMPTY;
    role.org.grant(Resource::AssignOrgRole, Actions::of(&[Read, Assign, Unassign]));
    role.org.grant(Resource::Organization, Actions::READ);
    role.org.grant(Resource::OrganizationMember, Actions::CRUD);
    role.org.grant(Resource::Group, Actions::ALL);
    role.org.grant(Resource::GroupMember, Actions::ALL);
    role.org.grant(Resource::IdpsyncSettings, Actions::of(&[Read, Update]));
    role.site.grant(Resource::User, Actions::READ);
    role
}

fn organization_template_admin() -> Role {
    let mut role = Role::EMPTY;
    let org = &mut role.org;
    org.grant(Resource::Template, Actions::ALL);
    org.grant(Resource::File, Actions::of(&[Create, Read]));
    org.grant(Resource::Workspace, Actions::READ);
    org.grant(Resource::WorkspaceDormant, Actions::READ);
    org.grant(Resource::PrebuiltWorkspace, Actions::of(&[Update, Delete]));
    org.grant(Resource::ProvisionerDaemon, Actions::CRUD);
    org.grant(Resource::ProvisionerJobs, Actions::of(&[Create, Read, Update]));
    for kind in [Resource::Organization, Resource::OrganizationMember, Resource::Group, Resource::GroupMember] {
        org.grant(kind, Actions::READ);
    }
    role
}

fn organization_auditor() -> Role {
    let mut role = Role::EMPTY;
    for kind in [
        Resource::AuditLog,
        Resource::ConnectionLog,
        Resource::Template,
        Resource::Group,
        Resource::GroupMember,
        Resource::Organization,
        Resource::OrganizationMember,
    ] {
        role.org.grant(kind, Actions::READ);
    }
    role.org.grant(Resource::Template, Actions::of(&[ViewInsights]));
    role
}

fn organization_member(sharing: SharingMode) -> Role {
    let mut role = Role::EMPTY;
    for kind in [Resource::ProvisionerDaemon, Resource::Organization, Resource::AssignOrgRole] {
        role.org.grant(kind, Actions::READ);
    }
    if sharing != SharingMode::None {
        role.org.grant(Resource::OrganizationMember, Actions::READ);
    }
    if sharing == SharingMode::Everyone {
        role.org.grant(Resource::Group, Actions::READ);
    }
    let member = &mut role.member;
    member.grant(Resource::OrganizationMember, Actions::READ);
    member.grant(Resource::GroupMember, Actions::READ);
    for kind in [
        Resource::ApiKey,
        Resource::NotificationMessage,
        Resource::NotificationPreference,
        Resource::InboxNotification,
    ] {
        member.grant(kind, Actions::ALL);
    }
    let share = Actions::of(&[Share]);
    for kind in [Resource::Workspace, Resource::WorkspaceDormant] {
        match sharing {
            SharingMode::Everyone => {}
            SharingMode::ServiceAccounts => role.member.deny(kind, share),
            SharingMode::None => role.org.deny(kind, share),
        }
    }
    role
}

fn organization_workspace_access() -> Role {
    let mut role = Role::EMPTY;
    role.member.grant(Resource::Workspace, Actions::ALL);
    role.member.grant(Resource::WorkspaceDormant, DORMANT);
    role.member.grant(Resource::File, Actions::of(&[Create, Read]));
    role.member.grant(Resource::ProvisionerDaemon, Actions::of(&[Create, Read]));
    role
}

fn organization_workspace_creation_ban() -> Role {
    let mut role = Role::EMPTY;
    let banned = Actions::of(&[Create, Delete, CreateAgent, DeleteAgent]);
    role.org.deny(Resource::Workspace, banned);
    role.org.deny(Resource::WorkspaceDormant, banned);
    role
}
