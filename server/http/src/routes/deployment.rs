//! What clients ask about the deployment as a whole.

use std::collections::BTreeMap;

use warren_api::{
    AppHostResponse, AppearanceConfig, AvailableExperiments, BuildInfoResponse, DeploymentConfig, DeploymentStats,
    Entitlement, Entitlements, Experiment, Feature, License, ProxyHealthStatus, Region, RegionsResponseCodersdkRegion,
    RegionsResponseCodersdkWorkspaceProxy, SshConfigResponse, UpdateCheckResponse, WorkspaceProxy,
    WorkspaceProxyStatus,
};
use warren_core::{Cx, Services};
use warren_rbac::{Action, Object, Resource};
use warren_types::{COMPATIBILITY_VERSION, PROVISIONER_API_VERSION};

use crate::api::{Api, Auth};
use crate::extract::Server;
use crate::{Json, Result};

/// The project's page, shown where official clients show theirs.
const PROJECT_URL: &str = "https://github.com/coder/coder";

pub(crate) fn routes(api: &mut Api) {
    api.tag("General");
    api.get("/api/v2/buildinfo", "build-info", Auth::None, build_info);
    api.get("/api/v2/updatecheck", "update-check", Auth::None, update_check);
    api.get("/api/v2/deployment/ssh", "ssh-config", Auth::Session, ssh_config);
    api.get("/api/v2/deployment/config", "get-deployment-config", Auth::Session, config);
    api.get("/api/v2/deployment/stats", "get-deployment-stats", Auth::Session, stats);
    api.get("/api/v2/experiments", "get-enabled-experiments", Auth::Session, experiments);
    api.get("/api/v2/experiments/available", "get-safe-experiments", Auth::Session, available_experiments);
    api.tag("Enterprise");
    api.get("/api/v2/entitlements", "get-entitlements", Auth::Session, entitlements);
    api.get("/api/v2/appearance", "get-appearance", Auth::None, appearance);
    api.get("/api/v2/licenses", "get-licenses", Auth::Session, licenses);
    api.get("/api/v2/regions", "get-site-wide-regions-for-workspace-connections", Auth::Session, regions);
    api.get("/api/v2/workspaceproxies", "get-workspace-proxies", Auth::Session, proxies);
    api.tag("Applications");
    api.get("/api/v2/applications/host", "get-applications-host", Auth::Session, applications_host);
}

async fn build_info(Server(services): Server) -> Json<BuildInfoResponse> {
    let (major, minor) = PROVISIONER_API_VERSION;
    Json(BuildInfoResponse {
        agent_api_version: "1.0".into(),
        dashboard_url: base_url(&services),
        deployment_id: services.deployment_id.to_string(),
        external_url: PROJECT_URL.into(),
        provisioner_api_version: format!("{major}.{minor}"),
        telemetry: false,
        upgrade_message: services.config.cli_upgrade_message.clone(),
        version: COMPATIBILITY_VERSION.into(),
        workspace_proxy: false,
        ..BuildInfoResponse::default()
    })
}

/// The server never asks anybody about newer versions.
async fn update_check() -> Json<UpdateCheckResponse> {
    Json(UpdateCheckResponse { current: true, url: PROJECT_URL.into(), version: COMPATIBILITY_VERSION.into() })
}

async fn ssh_config(cx: Cx) -> Json<SshConfigResponse> {
    let config = &cx.services.config;
    Json(SshConfigResponse {
        hostname_prefix: config.ssh_hostname_prefix.clone(),
        hostname_suffix: config.workspace_hostname_suffix.clone(),
        ssh_config_options: config.ssh_config_options.clone(),
    })
}

async fn config(cx: Cx) -> Result<Json<DeploymentConfig>> {
    let object = Object::new(Resource::DeploymentConfig);
    if !cx.actor.may(Action::Read, &object) {
        return Err(warren_core::Error::forbidden().into());
    }
    Ok(Json(cx.services.config.shown.read()))
}

async fn stats(cx: Cx) -> Result<Json<DeploymentStats>> {
    if !cx.actor.may(Action::Read, &Object::new(Resource::DeploymentStats)) {
        return Err(warren_core::Error::forbidden().into());
    }
    Ok(Json(warren_core::deployment::stats(&cx).await?))
}

async fn experiments(cx: Cx) -> Json<Vec<Experiment>> {
    let known = cx.services.config.experiments.iter().map(|name| Experiment::parse(name));
    Json(known.filter(|experiment| *experiment != Experiment::Unset).collect())
}

async fn available_experiments(_: Cx) -> Json<AvailableExperiments> {
    Json(AvailableExperiments::default())
}

/// Every feature is part of the server. All names must be present: dashboards index without a guard.
async fn entitlements(cx: Cx) -> Json<Entitlements> {
    Json(entitlements_of(&cx.services))
}

pub(crate) fn entitlements_of(services: &Services) -> Entitlements {
    const FEATURES: [&str; 24] = [
        "user_limit",
        "audit_log",
        "connection_log",
        "scim",
        "template_rbac",
        "user_role_management",
        "high_availability",
        "multiple_external_auth",
        "external_provisioner_daemons",
        "appearance",
        "advanced_template_scheduling",
        "workspace_proxy",
        "external_token_encryption",
        "workspace_batch_actions",
        "task_batch_actions",
        "access_control",
        "control_shared_ports",
        "custom_roles",
        "multiple_organizations",
        "workspace_prebuilds",
        "managed_agent_limit",
        "workspace_external_agent",
        "service_accounts",
        "browser_only",
    ];
    const LEFT_OUT: [&str; 4] = ["aibridge", "boundary", "ai_governance_user_limit", "agent_runtime_hours"];
    let feature = |entitlement, enabled| Feature { entitlement, enabled, ..Feature::default() };
    let mut features: BTreeMap<String, Feature> =
        FEATURES.iter().map(|name| ((*name).to_owned(), feature(Entitlement::Entitled, true))).collect();
    features.extend(LEFT_OUT.iter().map(|name| ((*name).to_owned(), feature(Entitlement::NotEntitled, false))));
    // "Enabled" means "in effect" for these two.
    features.insert("browser_only".into(), feature(Entitlement::Entitled, services.config.browser_only));
    features.insert("scim".into(), feature(Entitlement::Entitled, false));
    Entitlements { features, has_license: true, refreshed_at: services.now(), ..Entitlements::default() }
}

async fn appearance(Server(services): Server) -> Json<AppearanceConfig> {
    Json(appearance_of(&services))
}

pub(crate) fn appearance_of(services: &Services) -> AppearanceConfig {
    AppearanceConfig { docs_url: services.config.docs_url.clone(), ..AppearanceConfig::default() }
}

async fn licenses(cx: Cx) -> Result<Json<Vec<License>>> {
    cx.allow(Action::Read, &Object::new(Resource::License))?;
    Ok(Json(Vec::new()))
}

async fn regions(cx: Cx) -> Json<RegionsResponseCodersdkRegion> {
    Json(RegionsResponseCodersdkRegion { regions: vec![primary_region(&cx.services)] })
}

pub(crate) fn primary_region(services: &Services) -> Region {
    Region {
        id: services.deployment_id,
        name: "primary".into(),
        display_name: "Default".into(),
        icon_url: "/emojis/1f3e1.png".into(),
        healthy: true,
        path_app_url: base_url(services),
        wildcard_hostname: services.config.wildcard_access_url.clone(),
    }
}

async fn proxies(cx: Cx) -> Result<Json<RegionsResponseCodersdkWorkspaceProxy>> {
    cx.allow(Action::Read, &Object::new(Resource::WorkspaceProxy))?;
    let Region { id, name, display_name, icon_url, healthy, path_app_url, wildcard_hostname } =
        primary_region(&cx.services);
    let primary = WorkspaceProxy {
        id,
        name,
        display_name,
        icon_url,
        healthy,
        path_app_url,
        wildcard_hostname,
        derp_enabled: true,
        status: WorkspaceProxyStatus { status: ProxyHealthStatus::Ok, ..WorkspaceProxyStatus::default() },
        version: COMPATIBILITY_VERSION.into(),
        ..WorkspaceProxy::default()
    };
    Ok(Json(RegionsResponseCodersdkWorkspaceProxy { regions: vec![primary] }))
}

async fn applications_host(cx: Cx) -> Json<AppHostResponse> {
    let (wildcard, access) = (&cx.services.config.wildcard_access_url, &cx.services.config.access_url);
    let port = access.port().filter(|_| !wildcard.is_empty() && !wildcard.contains(':'));
    Json(AppHostResponse { host: port.map_or_else(|| wildcard.clone(), |port| format!("{wildcard}:{port}")) })
}

/// The access URL without a slash at the end.
pub(crate) fn base_url(services: &Services) -> String {
    services.config.access_url.as_str().trim_end_matches('/').to_owned()
}
