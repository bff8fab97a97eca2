//! What a key is limited to (rest.md §2.5): a level of permissions and a list of objects.

use uuid::Uuid;

use crate::bits::Level;
use crate::{Action, Action::*, Actions, Resource};

/// An entry of a key's allow list; `None` stands for `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowEntry {
    /// The kind of object.
    pub kind: Option<Resource>,
    /// Its id.
    pub id: Option<Uuid>,
}

/// A scope name or allow list entry that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope or allow list entry {0:?}")]
pub struct BadScope(pub String);

/// The limits of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    pub(crate) level: Level,
    /// Empty: no restriction by object.
    pub(crate) allow_list: Vec<AllowEntry>,
    pub(crate) unrestricted: bool,
}

/// Names that may be asked for when a token is made, sorted; `GET /auth/scopes` lists them.
pub const EXTERNAL_SCOPES: &[&str] = &[
    "all",
    "api_key:*",
    "api_key:create",
    "api_key:delete",
    "api_key:read",
    "api_key:update",
    "application_connect",
    "coder:all",
    "coder:apikeys.manage_self",
    "coder:application_connect",
    "coder:templates.author",
    "coder:templates.build",
    "coder:workspaces.access",
    "coder:workspaces.create",
    "coder:workspaces.delete",
    "coder:workspaces.operate",
    "file:*",
    "file:create",
    "file:read",
    "organization:*",
    "organization:delete",
    "organization:read",
    "organization:update",
    "task:*",
    "task:create",
    "task:delete",
    "task:read",
    "task:update",
    "template:*",
    "template:create",
    "template:delete",
    "template:read",
    "template:update",
    "template:use",
    "user:*",
    "user:read",
    "user:read_personal",
    "user:update_personal",
    "user_secret:*",
    "user_secret:create",
    "user_secret:delete",
    "user_secret:read",
    "user_secret:update",
    "user_skill:*",
    "user_skill:create",
    "user_skill:delete",
    "user_skill:read",
    "user_skill:update",
    "workspace:*",
    "workspace:application_connect",
    "workspace:create",
    "workspace:delete",
    "workspace:read",
    "workspace:ssh",
    "workspace:start",
    "workspace:stop",
    "workspace:update",
];

impl Scope {
    /// No limits.
    pub fn all() -> Self {
        let mut level = Level::EMPTY;
        level.grant_everything();
        Self { level, allow_list: Vec::new(), unrestricted: true }
    }

    /// The scope of the names together, limited to the allow list (`type:id`, `type:*`, `*:*`).
    ///
    /// # Errors
    /// [`BadScope`] names the first entry that is unknown.
    pub fn parse(names: &[impl AsRef<str>], allow_list: &[impl AsRef<str>]) -> Result<Self, BadScope> {
        let mut scope = Self { level: Level::EMPTY, allow_list: Vec::new(), unrestricted: false };
        for name in names {
            scope.add(name.as_ref())?;
        }
        for entry in allow_list {
            let entry = parse_entry(entry.as_ref())?;
            if entry == (AllowEntry { kind: None, id: None }) {
                scope.allow_list.clear();
                return Ok(scope);
            }
            scope.allow_list.push(entry);
        }
        scope.unrestricted &= scope.allow_list.is_empty();
        Ok(scope)
    }

    /// The scope of a workspace agent: everything its owner may do, but only to these objects.
    pub fn agent(workspace: Uuid, template: Uuid, version: Uuid, owner: Option<Uuid>) -> Self {
        let one = |kind, id| AllowEntry { kind: Some(kind), id: Some(id) };
        let any = |kind| AllowEntry { kind: Some(kind), id: None };
        let mut allow_list = vec![
            one(Resource::Workspace, workspace),
            one(Resource::WorkspaceDormant, workspace),
            one(Resource::Template, template),
            one(Resource::Template, version),
            any(Resource::WorkspaceAgentDevcontainers),
            any(Resource::WorkspaceAgentResourceMonitor),
        ];
        allow_list.extend(owner.map(|owner| one(Resource::User, owner)));
        Self { allow_list, unrestricted: false, ..Self::all() }
    }

    /// Whether whatever `other` lets through is let through here: a key may make keys up to its own limits only.
    pub fn covers(&self, other: &Self) -> bool {
        let within = |entry: &AllowEntry| {
            self.allow_list.iter().any(|own| {
                own.kind.is_none_or(|kind| entry.kind == Some(kind)) && own.id.is_none_or(|id| entry.id == Some(id))
            })
        };
        let objects =
            self.allow_list.is_empty() || (!other.allow_list.is_empty() && other.allow_list.iter().all(within));
        objects && self.level.covers(&other.level)
    }

    pub(crate) fn allows_object(&self, kind: Resource, id: Option<Uuid>) -> bool {
        self.allow_list.is_empty()
            || self
                .allow_list
                .iter()
                .any(|entry| entry.kind.is_none_or(|k| k == kind) && entry.id.is_none_or(|allowed| Some(allowed) == id))
    }

    fn add(&mut self, name: &str) -> Result<(), BadScope> {
        let mut grant = |kind, actions: &[Action]| self.level.grant(kind, Actions::of(actions));
        match name {
            "all" | "coder:all" => *self = Self { allow_list: std::mem::take(&mut self.allow_list), ..Self::all() },
            "application_connect" | "coder:application_connect" => {
                grant(Resource::Workspace, &[ApplicationConnect]);
            }
            "coder:workspaces.create" => {
                grant(Resource::Template, &[Read, Use]);
                grant(Resource::Workspace, &[Create, Read, Update, Start, Stop]);
                grant(Resource::OrganizationMember, &[Read]);
            }
            "coder:workspaces.operate" => {
                grant(Resource::Template, &[Read]);
                grant(Resource::Workspace, &[Read, Update, Start, Stop]);
                grant(Resource::OrganizationMember, &[Read]);
            }
            "coder:workspaces.delete" => {
                grant(Resource::Template, &[Read, Use]);
                grant(Resource::Workspace, &[Read, Delete]);
                grant(Resource::OrganizationMember, &[Read]);
            }
            "coder:workspaces.access" => {
                grant(Resource::Template, &[Read]);
                grant(Resource::Workspace, &[Read, Ssh, ApplicationConnect]);
                grant(Resource::OrganizationMember, &[Read]);
            }
            "coder:templates.build" => {
                grant(Resource::Template, &[Read]);
                grant(Resource::File, &[Create, Read]);
                grant(Resource::ProvisionerJobs, &[Read]);
            }
            "coder:templates.author" => {
                grant(Resource::Template, &[Read, Create, Update, Delete, ViewInsights]);
                grant(Resource::File, &[Create, Read]);
            }
            "coder:apikeys.manage_self" => grant(Resource::ApiKey, &[Read, Create, Update, Delete]),
            low_level => self.add_low_level(low_level)?,
        }
        Ok(())
    }

    fn add_low_level(&mut self, name: &str) -> Result<(), BadScope> {
        let bad = || BadScope(name.to_owned());
        let (kind, action) = name.split_once(':').ok_or_else(bad)?;
        let Some(kind) = Resource::parse(kind) else {
            // Names of features that this project leaves out stay acceptable; they grant nothing.
            return if EXTERNAL_SCOPES.contains(&name) { Ok(()) } else { Err(bad()) };
        };
        let actions = if action == "*" {
            kind.actions()
        } else {
            let action = Action::parse(action).filter(|action| kind.actions().contains(*action)).ok_or_else(bad)?;
            Actions::of(&[action])
        };
        self.level.grant(kind, actions);
        Ok(())
    }
}

fn parse_entry(text: &str) -> Result<AllowEntry, BadScope> {
    let bad = || BadScope(text.to_owned());
    let (kind, id) = text.split_once(':').ok_or_else(bad)?;
    let kind = if kind == "*" { None } else { Some(Resource::parse(kind).ok_or_else(bad)?) };
    let id = if id == "*" { None } else { Some(Uuid::parse_str(id).map_err(|_| bad())?) };
    if kind.is_none() && id.is_some() {
        return Err(bad());
    }
    Ok(AllowEntry { kind, id })
}
