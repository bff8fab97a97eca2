//! Every type of the crate, by name: what a test cannot find out for itself. A test compares the list with the sources.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;
use warren_api::{FieldRule, Rules};

/// What is known about one type.
pub struct Entry {
    /// The name in Rust.
    pub name: &'static str,
    /// The schema of the OpenAPI document.
    pub schema: Value,
    /// Reads a value and writes it again.
    pub round_trip: fn(Value) -> Result<Value, String>,
    /// The rules of a request.
    pub rules: Option<&'static [FieldRule]>,
}

impl Entry {
    fn of<T: ToSchema + Serialize + DeserializeOwned>(name: &'static str, rules: Option<&'static [FieldRule]>) -> Self {
        let schema = serde_json::to_value(T::schema()).unwrap();
        Self { name, schema, round_trip: round_trip::<T>, rules }
    }
}

fn round_trip<T: Serialize + DeserializeOwned>(value: Value) -> Result<Value, String> {
    let read: T = serde_json::from_value(value).map_err(|error| error.to_string())?;
    serde_json::to_value(read).map_err(|error| error.to_string())
}

/// Finds the rules of a type that has some: `(&Probe::<T>::NEW).rules()` prefers the first of the two traits.
struct Probe<T>(PhantomData<T>);

trait WithRules {
    fn rules(&self) -> Option<&'static [FieldRule]>;
}

impl<T: Rules> WithRules for Probe<T> {
    fn rules(&self) -> Option<&'static [FieldRule]> {
        Some(T::RULES)
    }
}

trait WithoutRules {
    fn rules(&self) -> Option<&'static [FieldRule]> {
        None
    }
}

impl<T> WithoutRules for &Probe<T> {}

macro_rules! types {
    ($($name:ident),* $(,)?) => {
        /// All of them.
        pub fn all() -> Vec<Entry> {
            vec![$(Entry::of::<warren_api::$name>(
                stringify!($name),
                (&Probe::<warren_api::$name>(PhantomData)).rules(),
            )),*]
        }
    };
}

#[rustfmt::skip]
types! {
    AccessUrlReport, AclAvailable, AgentChatSendShortcut, AgentConnectionInfo, AgentConnectionTiming,
    AgentDisplayMode, AgentGitSshKey, AgentLog, AgentReconnectingPtyInit, AgentScriptTiming, AgentSubsystem,
    AgentUpdate, ApiKey, ApiKeyScope, ApiKeyWithOwner, AppAccessMethod, AppHostResponse, AppRequest, AppStatsReport,
    AppearanceConfig, ArchiveTemplateVersionsRequest, ArchiveTemplateVersionsResponse, AssignableRoles, AuditAction,
    AuditDiffField, AuditLog, AuditLogResponse, AuthMethod, AuthMethods, AuthorizationCheck, AuthorizationObject,
    AuthorizationRequest, AutomaticUpdates, AvailableExperiments, BannerConfig, BuildInfoResponse, BuildReason,
    BuildUpdate, ChangePasswordWithOneTimePasscodeRequest, ClusterConfig, ConfigOption, ConnectionLatency,
    ConnectionLog, ConnectionLogResponse, ConnectionLogSshInfo, ConnectionLogWebInfo, ConnectionType,
    ConnectionWatchEvent, ConvertLoginRequest, CorsBehavior, CreateFirstUserOnboardingInfo, CreateFirstUserRequest,
    CreateFirstUserResponse, CreateFirstUserTrialInfo, CreateGroupRequest, CreateOrganizationRequest,
    CreateProvisionerKeyRequest, CreateProvisionerKeyResponse, CreateTemplateRequest,
    CreateTemplateVersionDryRunRequest, CreateTemplateVersionRequest, CreateTokenRequest, CreateUserRequestWithOrgs,
    CreateUserSecretRequest, CreateWorkspaceBuildOnSuccessRequest, CreateWorkspaceBuildReason,
    CreateWorkspaceBuildRequest, CreateWorkspaceProxyRequest, CreateWorkspaceRequest, CryptoKey, CryptoKeyFeature,
    CryptoKeysResponse, CustomNotificationContent, CustomNotificationRequest, CustomRoleRequest, DaUsResponse,
    DangerousConfig, DatabaseReport, DauEntry, DeleteExternalAuthByIdResponse, DeleteWorkspaceAgentPortShareRequest,
    DeploymentConfig, DeploymentStats, DeploymentValues, DeregisterWorkspaceProxyRequest, Derp, DerpConfig,
    DerpHealthReport, DerpHomeParams, DerpMap, DerpNodeReport, DerpRegion, DerpRegionReport, DerpServerConfig,
    DerpServerInfo, DiagnosticExtra, DiagnosticSeverityString, DisplayApp, DynamicParametersRequest,
    DynamicParametersResponse, Entitlement, Entitlements, Experiment, ExternalApiKeyScopes, ExternalAuth,
    ExternalAuthAppInstallation, ExternalAuthConfig, ExternalAuthDevice, ExternalAuthLink, ExternalAuthLinkProvider,
    ExternalAuthResponse, ExternalAuthUser, Feature, FriendlyDiagnostic, GenerateApiKeyResponse,
    GetInboxNotificationResponse, GetUserStatusCountsResponse, GetUsersResponse, GitSshKey, GithubAuthMethod, Group,
    GroupMembersResponse, GroupSource, GroupSyncSettings, HealthCode, HealthMessage, HealthSection, HealthSettings,
    HealthSeverity, Healthcheck, HealthcheckConfig, HealthcheckReport, HttpCookieConfig, InboxNotification,
    InboxNotificationAction, InsightsReportInterval, IssueAppTokenRequest, IssueReconnectingPtySignedTokenRequest,
    IssueReconnectingPtySignedTokenResponse, IssueSignedAppTokenResponse, JobErrorCode, License, LinkConfig,
    ListInboxNotificationsResponse, ListUserExternalAuthResponse, LogLevel, LogSource, LoggingConfig, LoginType,
    LoginWithPasswordRequest, LoginWithPasswordResponse, MapDerpNode, MapDerpRegion, MatchedProvisioners,
    MinimalOrganization, MinimalUser, NetcheckReport, NotificationMethodsResponse, NotificationPreference,
    NotificationTemplate, NotificationsConfig, NotificationsEmailAuthConfig, NotificationsEmailConfig,
    NotificationsEmailTlsConfig, NotificationsInboxConfig, NotificationsSettings, NotificationsWebhookConfig,
    NullHclString, OAuth2Config, OAuth2GithubConfig, OAuthConversionResponse, OidcAuthMethod, OidcConfig,
    OptionGroup, OptionType, Organization, OrganizationMember, OrganizationMemberWithUserData,
    OrganizationSyncSettings, PaginatedGroup, PaginatedGroupsResponse, PaginatedMembersResponse, ParameterFormType,
    PatchAppStatus, PatchGroupRequest, PatchLogs, PatchTemplateVersionRequest, PatchWorkspaceProxy, Permission,
    PostLogSourceRequest, PostWorkspaceUsageRequest, PprofConfig, PrebuildsConfig, PremiumFunnelEventRequest,
    PremiumFunnelSource, PremiumFunnelVariant, Preset, PresetParameter, PreviewParameter, PreviewParameterOption,
    PreviewParameterStyling, PreviewParameterValidation, PrometheusConfig, ProvisionerConfig, ProvisionerDaemon,
    ProvisionerDaemonJob, ProvisionerDaemonStatus, ProvisionerDaemonsReport, ProvisionerDaemonsReportItem,
    ProvisionerJob, ProvisionerJobInput, ProvisionerJobLog, ProvisionerJobMetadata, ProvisionerJobStatus,
    ProvisionerJobType, ProvisionerKey, ProvisionerKeyDaemons, ProvisionerLogLevel, ProvisionerStorageMethod,
    ProvisionerTiming, ProxyHealthReport, ProxyHealthStatus, PutExtendWorkspaceRequest, RateLimitConfig, RbacAction,
    RbacResource, ReconnectingPtyRequest, ReducedUser, Region, RegionsResponseCodersdkRegion,
    RegionsResponseCodersdkWorkspaceProxy, RegisterWorkspaceProxyRequest, RegisterWorkspaceProxyResponse,
    ReinitializationEvent, ReinitializationReason, Replica, ReportAppStatsRequest, RequestOneTimePasscodeRequest,
    ResolveAutostartResponse, ResourceType, Response, RetentionConfig, Role, RoleSyncSettings, ServerSentEvent,
    ServerSentEventType, SessionCountDeploymentStats, SessionLifetime, ShareableWorkspaceOwners,
    SharedWorkspaceActor, SharedWorkspaceActorType, SlimRole, SshConfig, SshConfigResponse, StatsCollectionConfig,
    StunReport, SupportConfig, SwaggerConfig, TelemetryConfig, Template, TemplateAcl, TemplateAppUsage,
    TemplateAppsType, TemplateAutostartRequirement, TemplateAutostopRequirement, TemplateBuilderConfig,
    TemplateExample, TemplateGroup, TemplateInsightsIntervalReport, TemplateInsightsReport,
    TemplateInsightsResponse, TemplateParameterUsage, TemplateParameterValue, TemplateRole, TemplateUser,
    TemplateVersion, TemplateVersionExternalAuth, TemplateVersionParameter, TemplateVersionParameterOption,
    TemplateVersionVariable, TemplateVersionWarning, TerminalFontName, ThemeMode, ThinkingDisplayMode, TimingStage,
    TlsConfig, TokenConfig, TraceConfig, TransitionStats, UpdateActiveTemplateVersion, UpdateAppearanceConfig,
    UpdateCheckResponse, UpdateHealthSettings, UpdateInboxNotificationReadStatusRequest,
    UpdateInboxNotificationReadStatusResponse, UpdateOrganizationRequest, UpdateRoles, UpdateTemplateAcl,
    UpdateTemplateMeta, UpdateUserAppearanceSettingsRequest, UpdateUserNotificationPreferences,
    UpdateUserPasswordRequest, UpdateUserPreferenceSettingsRequest, UpdateUserProfileRequest,
    UpdateUserQuietHoursScheduleRequest, UpdateUserSecretRequest, UpdateWorkspaceAcl,
    UpdateWorkspaceAutomaticUpdatesRequest, UpdateWorkspaceAutostartRequest, UpdateWorkspaceBuildStateRequest,
    UpdateWorkspaceDormancy, UpdateWorkspaceRequest, UpdateWorkspaceSharingSettingsRequest,
    UpdateWorkspaceTtlRequest, UploadResponse, UpsertWorkspaceAgentPortShareRequest, UsageAppName, UsagePeriod,
    UsageStatsConfig, User, UserActivity, UserActivityInsightsReport, UserActivityInsightsResponse,
    UserAppearanceSettings, UserLatency, UserLatencyInsightsReport, UserLatencyInsightsResponse, UserLoginType,
    UserParameter, UserPreferenceSettings, UserQuietHoursScheduleConfig, UserQuietHoursScheduleResponse, UserRoles,
    UserSecret, UserStatus, UserStatusChangeCount, ValidateUserPasswordRequest, ValidateUserPasswordResponse,
    ValidationError, ValidationMonotonicOrder, ValueSource, VariableValue, WatchError, WebsocketReport, Workspace,
    WorkspaceAcl, WorkspaceAgent, WorkspaceAgentContainer, WorkspaceAgentContainerPort, WorkspaceAgentDevcontainer,
    WorkspaceAgentDevcontainerAgent, WorkspaceAgentDevcontainerStatus, WorkspaceAgentHealth,
    WorkspaceAgentLifecycle, WorkspaceAgentListContainersResponse, WorkspaceAgentListeningPort,
    WorkspaceAgentListeningPortsResponse, WorkspaceAgentLog, WorkspaceAgentLogSource, WorkspaceAgentMetadata,
    WorkspaceAgentMetadataDescription, WorkspaceAgentMetadataResult, WorkspaceAgentPortShare,
    WorkspaceAgentPortShareLevel, WorkspaceAgentPortShareProtocol, WorkspaceAgentPortShares, WorkspaceAgentScript,
    WorkspaceAgentScriptStatus, WorkspaceAgentStartupScriptBehavior, WorkspaceAgentStatus, WorkspaceApp,
    WorkspaceAppHealth, WorkspaceAppOpenIn, WorkspaceAppSharingLevel, WorkspaceAppStatus, WorkspaceAppStatusState,
    WorkspaceBuild, WorkspaceBuildParameter, WorkspaceBuildTimings, WorkspaceConnectionLatencyMs,
    WorkspaceDeploymentStats, WorkspaceGroup, WorkspaceHealth, WorkspaceProxy, WorkspaceProxyReport,
    WorkspaceProxyStatus, WorkspaceQuota, WorkspaceResource, WorkspaceResourceMetadata, WorkspaceRole,
    WorkspaceSharingSettings, WorkspaceStatus, WorkspaceTransition, WorkspaceUser, WorkspacesResponse,
}
