//! The kinds of objects, and which actions each knows (rest.md §15.2). Kinds of features that this project leaves out
//! are not listed: a check against such a name is false.

use crate::{Action, Actions};

/// One kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Resource {
    /// `api_key`
    ApiKey,
    /// `assign_org_role`
    AssignOrgRole,
    /// `assign_role`
    AssignRole,
    /// `audit_log`
    AuditLog,
    /// `connection_log`
    ConnectionLog,
    /// `crypto_key`
    CryptoKey,
    /// `debug_info`
    DebugInfo,
    /// `deployment_config`
    DeploymentConfig,
    /// `deployment_stats`
    DeploymentStats,
    /// `file`
    File,
    /// `group`
    Group,
    /// `group_member`
    GroupMember,
    /// `idpsync_settings`
    IdpsyncSettings,
    /// `inbox_notification`
    InboxNotification,
    /// `license`
    License,
    /// `notification_message`
    NotificationMessage,
    /// `notification_preference`
    NotificationPreference,
    /// `notification_template`
    NotificationTemplate,
    /// `oauth2_app`
    Oauth2App,
    /// `oauth2_app_code_token`
    Oauth2AppCodeToken,
    /// `oauth2_app_secret`
    Oauth2AppSecret,
    /// `organization`
    Organization,
    /// `organization_member`
    OrganizationMember,
    /// `prebuilt_workspace`
    PrebuiltWorkspace,
    /// `provisioner_daemon`
    ProvisionerDaemon,
    /// `provisioner_jobs`
    ProvisionerJobs,
    /// `replicas`
    Replicas,
    /// `system`
    System,
    /// `tailnet_coordinator`
    TailnetCoordinator,
    /// `template`
    Template,
    /// `user`
    User,
    /// `user_secret`
    UserSecret,
    /// `webpush_subscription`
    WebpushSubscription,
    /// `workspace`
    Workspace,
    /// `workspace_agent_devcontainers`
    WorkspaceAgentDevcontainers,
    /// `workspace_agent_resource_monitor`
    WorkspaceAgentResourceMonitor,
    /// `workspace_build_orchestration`
    WorkspaceBuildOrchestration,
    /// `workspace_dormant`
    WorkspaceDormant,
    /// `workspace_proxy`
    WorkspaceProxy,
}

impl Resource {
    /// Every kind, in the order of the tables.
    pub const ALL: [Self; 39] = [
        Self::ApiKey,
        Self::AssignOrgRole,
        Self::AssignRole,
        Self::AuditLog,
        Self::ConnectionLog,
        Self::CryptoKey,
        Self::DebugInfo,
        Self::DeploymentConfig,
        Self::DeploymentStats,
        Self::File,
        Self::Group,
        Self::GroupMember,
        Self::IdpsyncSettings,
        Self::InboxNotification,
        Self::License,
        Self::NotificationMessage,
        Self::NotificationPreference,
        Self::NotificationTemplate,
        Self::Oauth2App,
        Self::Oauth2AppCodeToken,
        Self::Oauth2AppSecret,
        Self::Organization,
        Self::OrganizationMember,
        Self::PrebuiltWorkspace,
        Self::ProvisionerDaemon,
        Self::ProvisionerJobs,
        Self::Replicas,
        Self::System,
        Self::TailnetCoordinator,
        Self::Template,
        Self::User,
        Self::UserSecret,
        Self::WebpushSubscription,
        Self::Workspace,
        Self::WorkspaceAgentDevcontainers,
        Self::WorkspaceAgentResourceMonitor,
        Self::WorkspaceBuildOrchestration,
        Self::WorkspaceDormant,
        Self::WorkspaceProxy,
    ];

    /// How many kinds there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::AssignOrgRole => "assign_org_role",
            Self::AssignRole => "assign_role",
            Self::AuditLog => "audit_log",
            Self::ConnectionLog => "connection_log",
            Self::CryptoKey => "crypto_key",
            Self::DebugInfo => "debug_info",
            Self::DeploymentConfig => "deployment_config",
            Self::DeploymentStats => "deployment_stats",
            Self::File => "file",
            Self::Group => "group",
            Self::GroupMember => "group_member",
            Self::IdpsyncSettings => "idpsync_settings",
            Self::InboxNotification => "inbox_notification",
            Self::License => "license",
            Self::NotificationMessage => "notification_message",
            Self::NotificationPreference => "notification_preference",
            Self::NotificationTemplate => "notification_template",
            Self::Oauth2App => "oauth2_app",
            Self::Oauth2AppCodeToken => "oauth2_app_code_token",
            Self::Oauth2AppSecret => "oauth2_app_secret",
            Self::Organization => "organization",
            Self::OrganizationMember => "organization_member",
            Self::PrebuiltWorkspace => "prebuilt_workspace",
            Self::ProvisionerDaemon => "provisioner_daemon",
            Self::ProvisionerJobs => "provisioner_jobs",
            Self::Replicas => "replicas",
            Self::System => "system",
            Self::TailnetCoordinator => "tailnet_coordinator",
            Self::Template => "template",
            Self::User => "user",
            Self::UserSecret => "user_secret",
            Self::WebpushSubscription => "webpush_subscription",
            Self::Workspace => "workspace",
            Self::WorkspaceAgentDevcontainers => "workspace_agent_devcontainers",
            Self::WorkspaceAgentResourceMonitor => "workspace_agent_resource_monitor",
            Self::WorkspaceBuildOrchestration => "workspace_build_orchestration",
            Self::WorkspaceDormant => "workspace_dormant",
            Self::WorkspaceProxy => "workspace_proxy",
        }
    }

    /// The kind of a name; `None` for an unknown one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The actions that make sense for this kind.
    pub const fn actions(self) -> Actions {
        use Action::*;
        match self {
            Self::ApiKey | Self::CryptoKey | Self::Group | Self::NotificationMessage | Self::Oauth2App | Self::Oauth2AppSecret | Self::Organization | Self::OrganizationMember | Self::ProvisionerDaemon | Self::System | Self::TailnetCoordinator | Self::UserSecret | Self::WorkspaceBuildOrchestration | Self::WorkspaceProxy => Actions::CRUD,
            Self::AssignOrgRole => Actions::CRUD.and(Actions::of(&[Assign, Unassign])),
            Self::AssignRole => Actions::of(&[Read, Assign, Unassign]),
            Self::AuditLog | Self::File => Actions::of(&[Create, Read]),
            Self::ConnectionLog | Self::DeploymentConfig | Self::IdpsyncSettings | Self::NotificationPreference | Self::NotificationTemplate => Actions::of(&[Read, Update]),
            Self::DebugInfo | Self::DeploymentStats | Self::GroupMember | Self::Replicas => Actions::READ,
            Self::InboxNotification | Self::ProvisionerJobs | Self::WorkspaceAgentResourceMonitor => Actions::of(&[Create, Read, Update]),
            Self::License | Self::Oauth2AppCodeToken | Self::WebpushSubscription => Actions::of(&[Create, Read, Delete]),
            Self::PrebuiltWorkspace => Actions::of(&[Update, Delete]),
            Self::Template => Actions::CRUD.and(Actions::of(&[Use, ViewInsights])),
            Self::User => Actions::CRUD.and(Actions::of(&[ReadPersonal, UpdatePersonal])),
            Self::Workspace | Self::WorkspaceDormant => Actions::CRUD.and(Actions::of(&[Start, Stop, Ssh, ApplicationConnect, CreateAgent, UpdateAgent, DeleteAgent, Share])),
            Self::WorkspaceAgentDevcontainers => Actions::of(&[Create]),
        }
    }
}
