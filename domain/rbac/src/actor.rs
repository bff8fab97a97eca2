//! Who asks: identity, memberships and the compiled permissions.

use std::ops::Deref;
use std::sync::Arc;

use uuid::Uuid;

use crate::bits::Level;
use crate::{Role, RoleOptions, Scope, SharingMode, builtin_role};

/// How a key came to be; the text is `login_type` of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// A session after a password login.
    Password,
    /// A session after a GitHub login.
    Github,
    /// A session after an OpenID Connect login.
    Oidc,
    /// A long-lived token.
    Token,
    /// Made for an OAuth2 client.
    Oauth2App,
}

/// The key that authenticated the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// The public part of the key.
    pub id: String,
    /// How it came to be.
    pub kind: KeyKind,
}

/// What kind of party an actor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A person with a key.
    User,
    /// A workspace agent, acting for the workspace's owner.
    Agent {
        /// The agent.
        agent: Uuid,
        /// Its workspace.
        workspace: Uuid,
    },
    /// A provisioner daemon that presented a provisioner key or the shared secret.
    ProvisionerDaemon {
        /// The provisioner key, if it was one.
        key: Option<Uuid>,
    },
    /// A workspace proxy.
    WorkspaceProxy {
        /// The proxy.
        proxy: Uuid,
    },
    /// The server itself.
    System {
        /// Why the server acts on its own.
        reason: &'static str,
    },
}

/// A membership in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The organization.
    pub org: Uuid,
    /// Names of the roles held there, without the implied one.
    pub roles: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct OrgLevels {
    pub(crate) org: Uuid,
    pub(crate) org_level: Level,
    pub(crate) member_level: Level,
}

/// The data of an [`Actor`].
#[derive(Debug)]
pub struct ActorData {
    /// What kind of party this is.
    pub principal: Principal,
    /// The user it acts as; nil for the system.
    pub user_id: Uuid,
    /// The user's name; empty for the system.
    pub username: String,
    /// Site roles, without the implied `member`.
    pub roles: Vec<String>,
    /// Memberships.
    pub memberships: Vec<Membership>,
    /// Groups of the user. The "Everyone" groups of the organizations are implied.
    pub groups: Vec<Uuid>,
    /// The key that was used, for users.
    pub key: Option<KeyInfo>,
    pub(crate) site: Level,
    pub(crate) user: Level,
    pub(crate) orgs: Vec<OrgLevels>,
    pub(crate) scope: Scope,
}

/// A party with its compiled permissions; cheap to clone.
#[derive(Debug, Clone)]
pub struct Actor(Arc<ActorData>);

impl Deref for Actor {
    type Target = ActorData;

    fn deref(&self) -> &ActorData {
        &self.0
    }
}

impl Actor {
    /// The server acting on its own: may do everything. The reason appears in logs.
    pub fn system(reason: &'static str) -> Self {
        let mut site = Level::EMPTY;
        site.grant_everything();
        Self(Arc::new(ActorData {
            principal: Principal::System { reason },
            user_id: Uuid::nil(),
            username: String::new(),
            roles: Vec::new(),
            memberships: Vec::new(),
            groups: Vec::new(),
            key: None,
            site,
            user: Level::EMPTY,
            orgs: Vec::new(),
            scope: Scope::all(),
        }))
    }

    /// True for a member of this organization.
    pub fn is_member_of(&self, org: Uuid) -> bool {
        self.memberships.iter().any(|membership| membership.org == org)
    }

    /// True for a holder of this site role.
    pub fn has_role(&self, name: &str) -> bool {
        self.roles.iter().any(|role| role == name)
    }

    /// True when this actor's own key has no tighter limits than `scope`.
    pub fn covers_scope(&self, scope: &Scope) -> bool {
        self.scope.covers(scope)
    }

    /// True when this actor holds, at every level, whatever `role` grants; the rule for granting a custom role.
    pub fn covers_org_role(&self, org: Uuid, role: &Role) -> bool {
        self.site.covers(&role.org)
            || self.orgs.iter().any(|levels| levels.org == org && levels.org_level.covers(&role.org))
    }
}

/// Compiles an [`Actor`].
#[derive(Debug)]
pub struct ActorBuilder {
    data: ActorData,
    options: RoleOptions,
    service_account: bool,
}

impl ActorBuilder {
    /// A user with these site roles; `member` is implied.
    pub fn user(id: Uuid, username: impl Into<String>, roles: Vec<String>, options: RoleOptions) -> Self {
        let mut merged = Role::EMPTY;
        for name in roles.iter().map(String::as_str).chain(["member"]) {
            if let Some(role) = builtin_role(name, options, SharingMode::Everyone) {
                merged.merge(&role);
            }
        }
        Self {
            data: ActorData {
                principal: Principal::User,
                user_id: id,
                username: username.into(),
                roles,
                memberships: Vec::new(),
                groups: Vec::new(),
                key: None,
                site: merged.site,
                user: merged.user,
                orgs: Vec::new(),
                scope: Scope::all(),
            },
            options,
            service_account: false,
        }
    }

    /// A provisioner daemon of one organization: it may serve, and read what it needs through its session.
    pub fn provisioner_daemon(key: Option<Uuid>, org: Uuid) -> Self {
        let mut builder = Self::user(Uuid::nil(), "", Vec::new(), RoleOptions::default());
        builder.data.principal = Principal::ProvisionerDaemon { key };
        builder.data.user = Level::EMPTY;
        let mut org_level = Level::EMPTY;
        org_level.grant(crate::Resource::ProvisionerDaemon, crate::Actions::CRUD);
        org_level.grant(crate::Resource::Organization, crate::Actions::READ);
        builder.data.orgs.push(OrgLevels { org, org_level, member_level: Level::EMPTY });
        builder
    }

    /// Marks a service account, which may share workspaces where people may not.
    pub fn service_account(mut self) -> Self {
        self.service_account = true;
        self
    }

    /// Adds a membership: the implied member role, the named built-in roles, and custom roles already resolved.
    pub fn member_of(mut self, membership: Membership, sharing: SharingMode, custom: &[Role]) -> Self {
        let effective = if self.service_account && sharing == SharingMode::ServiceAccounts {
            SharingMode::Everyone
        } else {
            sharing
        };
        let mut merged = Role::EMPTY;
        for name in membership.roles.iter().map(String::as_str).chain(["organization-member"]) {
            if let Some(role) = builtin_role(name, self.options, effective) {
                merged.merge(&role);
            }
        }
        for role in custom {
            merged.merge(role);
        }
        self.data.site.merge(&merged.site);
        self.data.orgs.push(OrgLevels { org: membership.org, org_level: merged.org, member_level: merged.member });
        self.data.memberships.push(membership);
        self
    }

    /// The user's groups.
    pub fn groups(mut self, groups: Vec<Uuid>) -> Self {
        self.data.groups = groups;
        self
    }

    /// The key and what it is limited to.
    pub fn key(mut self, key: KeyInfo, scope: Scope) -> Self {
        self.data.key = Some(key);
        self.data.scope = scope;
        self
    }

    /// Makes it a workspace agent that acts for the user.
    pub fn agent(mut self, agent: Uuid, workspace: Uuid, scope: Scope) -> Self {
        self.data.principal = Principal::Agent { agent, workspace };
        self.data.scope = scope;
        self
    }

    /// The actor.
    pub fn build(self) -> Actor {
        Actor(Arc::new(self.data))
    }
}
