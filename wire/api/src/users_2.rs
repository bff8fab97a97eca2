//! REST types: users 2.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

/// `AuthorizationObject`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthorizationObject {
    #[serde(skip_serializing_if = "is_default")]
    pub any_org: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub organization_id: String,
    #[serde(skip_serializing_if = "is_default")]
    pub owner_id: String,
    #[serde(skip_serializing_if = "is_default")]
    pub resource_id: String,
    pub resource_type: RbacResource,
}

/// `AuthorizationRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuthorizationRequest {
    #[serde(deserialize_with = "null_default")]
    pub checks: BTreeMap<String, AuthorizationCheck>,
}

impl Rules for AuthorizationRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `AuthorizationResponse`.
pub type AuthorizationResponse = BTreeMap<String, bool>;

/// `ChangePasswordWithOneTimePasscodeRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ChangePasswordWithOneTimePasscodeRequest {
    pub email: String,
    pub one_time_passcode: String,
    pub password: String,
}

impl Rules for ChangePasswordWithOneTimePasscodeRequest {
    const RULES: &'static [FieldRule] =
        &[("email", &["required", "email"]), ("one_time_passcode", &["required"]), ("password", &["required"])];
}

/// `ConvertLoginRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConvertLoginRequest {
    pub password: String,
    pub to_type: LoginType,
}

impl Rules for ConvertLoginRequest {
    const RULES: &'static [FieldRule] = &[("password", &["required"]), ("to_type", &["required"])];
}

/// `CreateFirstUserOnboardingInfo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateFirstUserOnboardingInfo {
    pub newsletter_marketing: bool,
    pub newsletter_releases: bool,
}

/// `CreateFirstUserRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateFirstUserRequest {
    pub email: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onboarding_info: Option<CreateFirstUserOnboardingInfo>,
    pub password: String,
    pub trial: bool,
    pub trial_info: CreateFirstUserTrialInfo,
    pub username: String,
}

impl Rules for CreateFirstUserRequest {
    const RULES: &'static [FieldRule] = &[
        ("email", &["required", "email"]),
        ("name", &["user_real_name"]),
        ("password", &["required"]),
        ("username", &["required", "username"]),
    ];
}

/// `CreateFirstUserResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateFirstUserResponse {
    pub organization_id: Uuid,
    pub user_id: Uuid,
}

/// `CreateFirstUserTrialInfo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateFirstUserTrialInfo {
    pub company_name: String,
    pub country: String,
    pub developers: String,
    pub first_name: String,
    pub job_title: String,
    pub last_name: String,
    pub phone_number: String,
}

/// `CreateTokenRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateTokenRequest {
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub allow_list: Vec<String>,
    pub lifetime: i64,
    /// As sent: an unknown scope must be refused, not read as none.
    #[serde(skip_serializing_if = "is_default")]
    #[schema(value_type = ApiKeyScope)]
    pub scope: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    #[schema(value_type = Vec<ApiKeyScope>)]
    pub scopes: Vec<String>,
    pub token_name: String,
}

impl Rules for CreateTokenRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `CreateUserRequestWithOrgs`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateUserRequestWithOrgs {
    pub email: String,
    pub login_type: LoginType,
    pub name: String,
    #[serde(deserialize_with = "null_default")]
    pub organization_ids: Vec<Uuid>,
    pub password: String,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub roles: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub service_account: bool,
    pub user_status: Option<UserStatus>,
    pub username: String,
}

impl Rules for CreateUserRequestWithOrgs {
    // A full name that is too long is cut, not refused.
    const RULES: &'static [FieldRule] = &[
        ("email", &["required_unless=ServiceAccount true", "omitempty", "email"]),
        ("username", &["required", "username"]),
    ];
}

/// `CreateUserSecretRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateUserSecretRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "is_default")]
    pub env_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub file_path: String,
    pub name: String,
    pub value: String,
}

impl Rules for CreateUserSecretRequest {
    const RULES: &'static [FieldRule] = &[];
}

/// `ExternalAPIKeyScopes`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ExternalApiKeyScopes {
    #[serde(deserialize_with = "null_default")]
    pub external: Vec<ApiKeyScope>,
}

/// `GenerateAPIKeyResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GenerateApiKeyResponse {
    pub key: String,
}

/// `GetUsersResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GetUsersResponse {
    pub count: i64,
    #[serde(deserialize_with = "null_default")]
    pub users: Vec<User>,
}

/// `GitSSHKey`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GitSshKey {
    #[serde(default = "zero_time")]
    pub created_at: Timestamp,
    pub public_key: String,
    #[serde(default = "zero_time")]
    pub updated_at: Timestamp,
    pub user_id: Uuid,
}

impl Default for GitSshKey {
    fn default() -> Self {
        Self {
            created_at: zero_time(),
            public_key: Default::default(),
            updated_at: zero_time(),
            user_id: Default::default(),
        }
    }
}

/// `GithubAuthMethod`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GithubAuthMethod {
    pub default_provider_configured: bool,
    pub enabled: bool,
}

/// `LoginWithPasswordRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LoginWithPasswordRequest {
    pub email: String,
    pub password: String,
}

impl Rules for LoginWithPasswordRequest {
    const RULES: &'static [FieldRule] = &[("email", &["required", "email"]), ("password", &["required"])];
}

/// `LoginWithPasswordResponse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LoginWithPasswordResponse {
    pub session_token: String,
}

/// `OAuthConversionResponse`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OAuthConversionResponse {
    #[serde(default = "zero_time")]
    pub expires_at: Timestamp,
    pub state_string: String,
    pub to_type: LoginType,
    pub user_id: Uuid,
}

impl Default for OAuthConversionResponse {
    fn default() -> Self {
        Self {
            expires_at: zero_time(),
            state_string: Default::default(),
            to_type: Default::default(),
            user_id: Default::default(),
        }
    }
}

/// `OIDCAuthMethod`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OidcAuthMethod {
    pub enabled: bool,
    #[serde(rename = "iconUrl")]
    pub icon_url: String,
    #[serde(rename = "signInText")]
    pub sign_in_text: String,
}

string_enum! {
    /// `RBACAction`.
    pub enum RbacAction {
        ApplicationConnect = "application_connect",
        Assign = "assign",
        Create = "create",
        CreateAgent = "create_agent",
        Delete = "delete",
        DeleteAgent = "delete_agent",
        Read = "read",
        ReadPersonal = "read_personal",
        Ssh = "ssh",
        Share = "share",
        Unassign = "unassign",
        Update = "update",
        UpdateAgent = "update_agent",
        UpdatePersonal = "update_personal",
        Use = "use",
        ViewInsights = "view_insights",
        Start = "start",
        Stop = "stop",
        All = "*",
    }
}

string_enum! {
    /// `RBACResource`.
    pub enum RbacResource {
        All = "*",
        AiGatewayKey = "ai_gateway_key",
        AiModelPrice = "ai_model_price",
        AiProvider = "ai_provider",
        AiSeat = "ai_seat",
        AibridgeInterception = "aibridge_interception",
        ApiKey = "api_key",
        AssignOrgRole = "assign_org_role",
        AssignRole = "assign_role",
        AuditLog = "audit_log",
        BoundaryLog = "boundary_log",
        BoundaryUsage = "boundary_usage",
        Chat = "chat",
        ConnectionLog = "connection_log",
        CryptoKey = "crypto_key",
        DebugInfo = "debug_info",
        DeploymentConfig = "deployment_config",
        DeploymentStats = "deployment_stats",
        File = "file",
        Group = "group",
        GroupMember = "group_member",
        IdpsyncSettings = "idpsync_settings",
        InboxNotification = "inbox_notification",
        License = "license",
        McpServerConfig = "mcp_server_config",
        NotificationMessage = "notification_message",
        NotificationPreference = "notification_preference",
        NotificationTemplate = "notification_template",
        Oauth2App = "oauth2_app",
        Oauth2AppCodeToken = "oauth2_app_code_token",
        Oauth2AppSecret = "oauth2_app_secret",
        Organization = "organization",
        OrganizationMember = "organization_member",
        PrebuiltWorkspace = "prebuilt_workspace",
        ProvisionerDaemon = "provisioner_daemon",
        ProvisionerJobs = "provisioner_jobs",
        Replicas = "replicas",
        System = "system",
        TailnetCoordinator = "tailnet_coordinator",
        Task = "task",
        Template = "template",
        UsageEvent = "usage_event",
        User = "user",
        UserSecret = "user_secret",
        UserSkill = "user_skill",
        WebpushSubscription = "webpush_subscription",
        Workspace = "workspace",
        WorkspaceAgentDevcontainers = "workspace_agent_devcontainers",
        WorkspaceAgentResourceMonitor = "workspace_agent_resource_monitor",
        WorkspaceBuildOrchestration = "workspace_build_orchestration",
        WorkspaceDormant = "workspace_dormant",
        WorkspaceProxy = "workspace_proxy",
    }
}

/// `RequestOneTimePasscodeRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RequestOneTimePasscodeRequest {
    pub email: String,
}

impl Rules for RequestOneTimePasscodeRequest {
    const RULES: &'static [FieldRule] = &[("email", &["required", "email"])];
}

string_enum! {
    /// `TerminalFontName`.
    pub enum TerminalFontName or "" {
        GeistMono = "geist-mono",
        IbmPlexMono = "ibm-plex-mono",
        FiraCode = "fira-code",
        SourceCodePro = "source-code-pro",
        JetbrainsMono = "jetbrains-mono",
    }
}

string_enum! {
    /// `ThemeMode`.
    pub enum ThemeMode or "" {
        Sync = "sync",
        Single = "single",
    }
}

string_enum! {
    /// `ThinkingDisplayMode`.
    pub enum ThinkingDisplayMode {
        Auto = "auto",
        Preview = "preview",
        AlwaysExpanded = "always_expanded",
        AlwaysCollapsed = "always_collapsed",
    }
}
