//! REST types: licences and features.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[allow(unused_imports, reason = "one list for every file of types")]
use crate::*;

string_enum! {
    /// `Entitlement`.
    pub enum Entitlement {
        Entitled = "entitled",
        GracePeriod = "grace_period",
        NotEntitled = "not_entitled",
    }
}

/// `Entitlements`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Entitlements {
    #[serde(deserialize_with = "null_default")]
    pub errors: Vec<String>,
    #[serde(deserialize_with = "null_default")]
    pub features: BTreeMap<String, Feature>,
    pub has_license: bool,
    #[serde(default = "zero_time")]
    pub refreshed_at: Timestamp,
    pub require_telemetry: bool,
    pub trial: bool,
    #[serde(deserialize_with = "null_default")]
    pub warnings: Vec<String>,
}

impl Default for Entitlements {
    fn default() -> Self {
        Self {
            errors: Default::default(),
            features: Default::default(),
            has_license: Default::default(),
            refreshed_at: zero_time(),
            require_telemetry: Default::default(),
            trial: Default::default(),
            warnings: Default::default(),
        }
    }
}

/// `Feature`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Feature {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual_ms: Option<i64>,
    pub enabled: bool,
    pub entitlement: Entitlement,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hard_limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_period: Option<UsagePeriod>,
}

/// `UsagePeriod`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UsagePeriod {
    #[serde(default = "zero_time")]
    pub end: Timestamp,
    #[serde(default = "zero_time")]
    pub issued_at: Timestamp,
    #[serde(default = "zero_time")]
    pub start: Timestamp,
}

impl Default for UsagePeriod {
    fn default() -> Self {
        Self { end: zero_time(), issued_at: zero_time(), start: zero_time() }
    }
}

/// `License`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct License {
    #[serde(deserialize_with = "null_default")]
    pub claims: BTreeMap<String, serde_json::Value>,
    pub id: i64,
    #[serde(default = "zero_time")]
    pub uploaded_at: Timestamp,
    pub uuid: Uuid,
}

impl Default for License {
    fn default() -> Self {
        Self { claims: Default::default(), id: Default::default(), uploaded_at: zero_time(), uuid: Default::default() }
    }
}

/// `PremiumFunnelEventRequest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PremiumFunnelEventRequest {
    pub id: Uuid,
    pub source: PremiumFunnelSource,
    pub variant: PremiumFunnelVariant,
}

impl Rules for PremiumFunnelEventRequest {
    const RULES: &'static [FieldRule] = &[("id", &["required"]), ("source", &["required"]), ("variant", &["required"])];
}

string_enum! {
    /// `PremiumFunnelSource`.
    pub enum PremiumFunnelSource {
        AibridgeSessionThreads = "aibridge_session_threads",
        AibridgeSessions = "aibridge_sessions",
        AiGatewayKeys = "ai_gateway_keys",
        AiGovernance = "ai_governance",
        Appearance = "appearance",
        AuditLog = "audit_log",
        BrowserOnly = "browser_only",
        ConnectionLog = "connection_log",
        CustomRoles = "custom_roles",
        ExternalAuth = "external_auth",
        Groups = "groups",
        IdpOrgSync = "idp_org_sync",
        IdpSync = "idp_sync",
        MultipleOrganizations = "multiple_organizations",
        Observability = "observability",
        ProvisionerKeys = "provisioner_keys",
        Provisioners = "provisioners",
        TemplatePermissions = "template_permissions",
        WorkspaceProxies = "workspace_proxies",
        Direct = "direct",
    }
}

string_enum! {
    /// `PremiumFunnelVariant`.
    pub enum PremiumFunnelVariant {
        Premium = "premium",
        Small = "small",
        AiGovernance = "ai_governance",
    }
}
