//! REST types: users.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `APIKey`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ApiKey {
    #[serde(deserialize_with = "null_default")]
    pub allow_list: Vec<String>,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    #[serde(default = "zero_time")]
    pub expires_at: Timestamp,
    pub id: String,
    #[serde(default = "zero_time")]
    pub last_used: Timestamp,
    pub lifetime_seconds: i64,
    pub login_type: LoginType,
    /// may be the empty string (key limited by scopes that have no legacy equivalent)
    pub scope: ApiKeyScope,
    #[serde(deserialize_with = "null_default")]
    pub scopes: Vec<ApiKeyScope>,
    pub token_name: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub user_id: Uuid,
}

impl Default for ApiKey {
    fn default() -> Self {
        Self {
            allow_list: Default::default(),
            created_at: zero_time(),
            expires_at: zero_time(),
            id: Default::default(),
            last_used: zero_time(),
            lifetime_seconds: Default::default(),
            login_type: Default::default(),
            scope: Default::default(),
            scopes: Default::default(),
            token_name: Default::default(),
            updated_at: zero_time(),
            user_id: Default::default(),
        }
    }
}

string_enum! {
    /// `APIKeyScope`.
    pub enum ApiKeyScope {
        All = "all",
        ApplicationConnect = "application_connect",
        AiGatewayKeyAll = "ai_gateway_key:*",
        AiGatewayKeyCreate = "ai_gateway_key:create",
        AiGatewayKeyDelete = "ai_gateway_key:delete",
        AiGatewayKeyRead = "ai_gateway_key:read",
        AiGatewayKeyUpdate = "ai_gateway_key:update",
        AiModelPriceAll = "ai_model_price:*",
        AiModelPriceRead = "ai_model_price:read",
        AiModelPriceUpdate = "ai_model_price:update",
        AiProviderAll = "ai_provider:*",
        AiProviderCreate = "ai_provider:create",
        AiProviderDelete = "ai_provider:delete",
        AiProviderRead = "ai_provider:read",
        AiProviderUpdate = "ai_provider:update",
        AiSeatAll = "ai_seat:*",
        AiSeatCreate = "ai_seat:create",
        AiSeatRead = "ai_seat:read",
        AibridgeInterceptionAll = "aibridge_interception:*",
        AibridgeInterceptionCreate = "aibridge_interception:create",
        AibridgeInterceptionRead = "aibridge_interception:read",
        AibridgeInterceptionUpdate = "aibridge_interception:update",
        ApiKeyAll = "api_key:*",
        ApiKeyCreate = "api_key:create",
        ApiKeyDelete = "api_key:delete",
        ApiKeyRead = "api_key:read",
        ApiKeyUpdate = "api_key:update",
        AssignOrgRoleAll = "assign_org_role:*",
        AssignOrgRoleAssign = "assign_org_role:assign",
        AssignOrgRoleCreate = "assign_org_role:create",
        AssignOrgRoleDelete = "assign_org_role:delete",
        AssignOrgRoleRead = "assign_org_role:read",
        AssignOrgRoleUnassign = "assign_org_role:unassign",
        AssignOrgRoleUpdate = "assign_org_role:update",
        AssignRoleAll = "assign_role:*",
        AssignRoleAssign = "assign_role:assign",
        AssignRoleRead = "assign_role:read",
        AssignRoleUnassign = "assign_role:unassign",
        AuditLogAll = "audit_log:*",
        AuditLogCreate = "audit_log:create",
        AuditLogRead = "audit_log:read",
        BoundaryLogAll = "boundary_log:*",
        BoundaryLogCreate = "boundary_log:create",
        BoundaryLogDelete = "boundary_log:delete",
        BoundaryLogRead = "boundary_log:read",
        BoundaryUsageAll = "boundary_usage:*",
        BoundaryUsageDelete = "boundary_usage:delete",
        BoundaryUsageRead = "boundary_usage:read",
        BoundaryUsageUpdate = "boundary_usage:update",
        ChatAll = "chat:*",
        ChatCreate = "chat:create",
        ChatDelete = "chat:delete",
        ChatRead = "chat:read",
        ChatShare = "chat:share",
        ChatUpdate = "chat:update",
        CoderAll = "coder:all",
        CoderApikeysManageSelf = "coder:apikeys.manage_self",
        CoderApplicationConnect = "coder:application_connect",
        CoderTemplatesAuthor = "coder:templates.author",
        CoderTemplatesBuild = "coder:templates.build",
        CoderWorkspacesAccess = "coder:workspaces.access",
        CoderWorkspacesCreate = "coder:workspaces.create",
        CoderWorkspacesDelete = "coder:workspaces.delete",
        CoderWorkspacesOperate = "coder:workspaces.operate",
        ConnectionLogAll = "connection_log:*",
        ConnectionLogRead = "connection_log:read",
        ConnectionLogUpdate = "connection_log:update",
        CryptoKeyAll = "crypto_key:*",
        CryptoKeyCreate = "crypto_key:create",
        CryptoKeyDelete = "crypto_key:delete",
        CryptoKeyRead = "crypto_key:read",
        CryptoKeyUpdate = "crypto_key:update",
        DebugInfoAll = "debug_info:*",
        DebugInfoRead = "debug_info:read",
        DeploymentConfigAll = "deployment_config:*",
        DeploymentConfigRead = "deployment_config:read",
        DeploymentConfigUpdate = "deployment_config:update",
        DeploymentStatsAll = "deployment_stats:*",
        DeploymentStatsRead = "deployment_stats:read",
        FileAll = "file:*",
        FileCreate = "file:create",
        FileRead = "file:read",
        GroupAll = "group:*",
        GroupCreate = "group:create",
        GroupDelete = "group:delete",
        GroupRead = "group:read",
        GroupUpdate = "group:update",
        GroupMemberAll = "group_member:*",
        GroupMemberRead = "group_member:read",
        IdpsyncSettingsAll = "idpsync_settings:*",
        IdpsyncSettingsRead = "idpsync_settings:read",
        IdpsyncSettingsUpdate = "idpsync_settings:update",
        InboxNotificationAll = "inbox_notification:*",
        InboxNotificationCreate = "inbox_notification:create",
        InboxNotificationRead = "inbox_notification:read",
        InboxNotificationUpdate = "inbox_notification:update",
        LicenseAll = "license:*",
        LicenseCreate = "license:create",
        LicenseDelete = "license:delete",
        LicenseRead = "license:read",
        McpServerConfigAll = "mcp_server_config:*",
        McpServerConfigCreate = "mcp_server_config:create",
        McpServerConfigDelete = "mcp_server_config:delete",
        McpServerConfigRead = "mcp_server_config:read",
        McpServerConfigShare = "mcp_server_config:share",
        McpServerConfigUpdate = "mcp_server_config:update",
        NotificationMessageAll = "notification_message:*",
        NotificationMessageCreate = "notification_message:create",
        NotificationMessageDelete = "notification_message:delete",
        NotificationMessageRead = "notification_message:read",
        NotificationMessageUpdate = "notification_message:update",
        NotificationPreferenceAll = "notification_preference:*",
        NotificationPreferenceRead = "notification_preference:read",
        NotificationPreferenceUpdate = "notification_preference:update",
        NotificationTemplateAll = "notification_template:*",
        NotificationTemplateRead = "notification_template:read",
        NotificationTemplateUpdate = "notification_template:update",
        Oauth2AppAll = "oauth2_app:*",
        Oauth2AppCreate = "oauth2_app:create",
        Oauth2AppDelete = "oauth2_app:delete",
        Oauth2AppRead = "oauth2_app:read",
        Oauth2AppUpdate = "oauth2_app:update",
        Oauth2AppCodeTokenAll = "oauth2_app_code_token:*",
        Oauth2AppCodeTokenCreate = "oauth2_app_code_token:create",
        Oauth2AppCodeTokenDelete = "oauth2_app_code_token:delete",
        Oauth2AppCodeTokenRead = "oauth2_app_code_token:read",
        Oauth2AppSecretAll = "oauth2_app_secret:*",
        Oauth2AppSecretCreate = "oauth2_app_secret:create",
        Oauth2AppSecretDelete = "oauth2_app_secret:delete",
        Oauth2AppSecretRead = "oauth2_app_secret:read",
        Oauth2AppSecretUpdate = "oauth2_app_secret:update",
        OrganizationAll = "organization:*",
        OrganizationCreate = "organization:create",
        OrganizationDelete = "organization:delete",
        OrganizationRead = "organization:read",
        OrganizationUpdate = "organization:update",
        OrganizationMemberAll = "organization_member:*",
        OrganizationMemberCreate = "organization_member:create",
        OrganizationMemberDelete = "organization_member:delete",
        OrganizationMemberRead = "organization_member:read",
        OrganizationMemberUpdate = "organization_member:update",
        PrebuiltWorkspaceAll = "prebuilt_workspace:*",
        PrebuiltWorkspaceDelete = "prebuilt_workspace:delete",
        PrebuiltWorkspaceUpdate = "prebuilt_workspace:update",
        ProvisionerDaemonAll = "provisioner_daemon:*",
        ProvisionerDaemonCreate = "provisioner_daemon:create",
        ProvisionerDaemonDelete = "provisioner_daemon:delete",
        ProvisionerDaemonRead = "provisioner_daemon:read",
        ProvisionerDaemonUpdate = "provisioner_daemon:update",
        ProvisionerJobsAll = "provisioner_jobs:*",
        ProvisionerJobsCreate = "provisioner_jobs:create",
        ProvisionerJobsRead = "provisioner_jobs:read",
        ProvisionerJobsUpdate = "provisioner_jobs:update",
        ReplicasAll = "replicas:*",
        ReplicasRead = "replicas:read",
        SystemAll = "system:*",
        SystemCreate = "system:create",
        SystemDelete = "system:delete",
        SystemRead = "system:read",
        SystemUpdate = "system:update",
        TailnetCoordinatorAll = "tailnet_coordinator:*",
        TailnetCoordinatorCreate = "tailnet_coordinator:create",
        TailnetCoordinatorDelete = "tailnet_coordinator:delete",
        TailnetCoordinatorRead = "tailnet_coordinator:read",
        TailnetCoordinatorUpdate = "tailnet_coordinator:update",
        TaskAll = "task:*",
        TaskCreate = "task:create",
        TaskDelete = "task:delete",
        TaskRead = "task:read",
        TaskUpdate = "task:update",
        TemplateAll = "template:*",
        TemplateCreate = "template:create",
        TemplateDelete = "template:delete",
        TemplateRead = "template:read",
        TemplateUpdate = "template:update",
        TemplateUse = "template:use",
        TemplateViewInsights = "template:view_insights",
        UsageEventAll = "usage_event:*",
        UsageEventCreate = "usage_event:create",
        UsageEventRead = "usage_event:read",
        UsageEventUpdate = "usage_event:update",
        UserAll = "user:*",
        UserCreate = "user:create",
        UserDelete = "user:delete",
        UserRead = "user:read",
        UserReadPersonal = "user:read_personal",
        UserUpdate = "user:update",
        UserUpdatePersonal = "user:update_personal",
        UserSecretAll = "user_secret:*",
        UserSecretCreate = "user_secret:create",
        UserSecretDelete = "user_secret:delete",
        UserSecretRead = "user_secret:read",
        UserSecretUpdate = "user_secret:update",
        UserSkillAll = "user_skill:*",
        UserSkillCreate = "user_skill:create",
        UserSkillDelete = "user_skill:delete",
        UserSkillRead = "user_skill:read",
        UserSkillUpdate = "user_skill:update",
        WebpushSubscriptionAll = "webpush_subscription:*",
        WebpushSubscriptionCreate = "webpush_subscription:create",
        WebpushSubscriptionDelete = "webpush_subscription:delete",
        WebpushSubscriptionRead = "webpush_subscription:read",
        WorkspaceAll = "workspace:*",
        WorkspaceApplicationConnect = "workspace:application_connect",
        WorkspaceCreate = "workspace:create",
        WorkspaceCreateAgent = "workspace:create_agent",
        WorkspaceDelete = "workspace:delete",
        WorkspaceDeleteAgent = "workspace:delete_agent",
        WorkspaceRead = "workspace:read",
        WorkspaceShare = "workspace:share",
        WorkspaceSsh = "workspace:ssh",
        WorkspaceStart = "workspace:start",
        WorkspaceStop = "workspace:stop",
        WorkspaceUpdate = "workspace:update",
        WorkspaceUpdateAgent = "workspace:update_agent",
        WorkspaceAgentDevcontainersAll = "workspace_agent_devcontainers:*",
        WorkspaceAgentDevcontainersCreate = "workspace_agent_devcontainers:create",
        WorkspaceAgentResourceMonitorAll = "workspace_agent_resource_monitor:*",
        WorkspaceAgentResourceMonitorCreate = "workspace_agent_resource_monitor:create",
        WorkspaceAgentResourceMonitorRead = "workspace_agent_resource_monitor:read",
        WorkspaceAgentResourceMonitorUpdate = "workspace_agent_resource_monitor:update",
        WorkspaceBuildOrchestrationAll = "workspace_build_orchestration:*",
        WorkspaceBuildOrchestrationCreate = "workspace_build_orchestration:create",
        WorkspaceBuildOrchestrationDelete = "workspace_build_orchestration:delete",
        WorkspaceBuildOrchestrationRead = "workspace_build_orchestration:read",
        WorkspaceBuildOrchestrationUpdate = "workspace_build_orchestration:update",
        WorkspaceDormantAll = "workspace_dormant:*",
        WorkspaceDormantApplicationConnect = "workspace_dormant:application_connect",
        WorkspaceDormantCreate = "workspace_dormant:create",
        WorkspaceDormantCreateAgent = "workspace_dormant:create_agent",
        WorkspaceDormantDelete = "workspace_dormant:delete",
        WorkspaceDormantDeleteAgent = "workspace_dormant:delete_agent",
        WorkspaceDormantRead = "workspace_dormant:read",
        WorkspaceDormantShare = "workspace_dormant:share",
        WorkspaceDormantSsh = "workspace_dormant:ssh",
        WorkspaceDormantStart = "workspace_dormant:start",
        WorkspaceDormantStop = "workspace_dormant:stop",
        WorkspaceDormantUpdate = "workspace_dormant:update",
        WorkspaceDormantUpdateAgent = "workspace_dormant:update_agent",
        WorkspaceProxyAll = "workspace_proxy:*",
        WorkspaceProxyCreate = "workspace_proxy:create",
        WorkspaceProxyDelete = "workspace_proxy:delete",
        WorkspaceProxyRead = "workspace_proxy:read",
        WorkspaceProxyUpdate = "workspace_proxy:update",
    }
}

/// `APIKeyWithOwner`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ApiKeyWithOwner {
    #[serde(deserialize_with = "null_default")]
    pub allow_list: Vec<String>,
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    #[serde(default = "zero_time")]
    pub expires_at: Timestamp,
    pub id: String,
    #[serde(default = "zero_time")]
    pub last_used: Timestamp,
    pub lifetime_seconds: i64,
    pub login_type: LoginType,
    /// may be the empty string (key limited by scopes that have no legacy equivalent)
    pub scope: ApiKeyScope,
    #[serde(deserialize_with = "null_default")]
    pub scopes: Vec<ApiKeyScope>,
    pub token_name: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub user_id: Uuid,
    pub username: String,
}

impl Default for ApiKeyWithOwner {
    fn default() -> Self {
        Self {
            allow_list: Default::default(),
            created_at: zero_time(),
            expires_at: zero_time(),
            id: Default::default(),
            last_used: zero_time(),
            lifetime_seconds: Default::default(),
            login_type: Default::default(),
            scope: Default::default(),
            scopes: Default::default(),
            token_name: Default::default(),
            updated_at: zero_time(),
            user_id: Default::default(),
            username: Default::default(),
        }
    }
}

string_enum! {
    /// `AgentChatSendShortcut`.
    pub enum AgentChatSendShortcut {
        Enter = "enter",
        ModifierEnter = "modifier_enter",
    }
}

string_enum! {
    /// `AgentDisplayMode`.
    pub enum AgentDisplayMode {
        Auto = "auto",
        AlwaysExpanded = "always_expanded",
        AlwaysCollapsed = "always_collapsed",
    }
}

/// `AuthMethod`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthMethod {
    pub enabled: bool,
}

/// `AuthMethods`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthMethods {
    pub github: GithubAuthMethod,
    pub oidc: OidcAuthMethod,
    pub password: AuthMethod,
    #[serde(skip_serializing_if = "is_default")]
    pub terms_of_service_url: String,
}

/// `AuthorizationCheck`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthorizationCheck {
    pub action: RbacAction,
    pub object: AuthorizationObject,
}
