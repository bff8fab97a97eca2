//! Templates.

use jiff::Timestamp;
use postgres_types::Json;
use serde::Serialize;
use uuid::Uuid;
use warren_rbac::{Filter, Guarded, Object, Protected, Resource};

use crate::access::{Access, StoredAcl, acl};
use crate::{DbError, Querier, all, execute, optional, scalar};

row! {
    /// A template with its organization's and its creator's names.
    pub struct TemplateRow {
        pub id: Uuid,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub organization_id: Uuid,
        pub created_by: Uuid,
        pub deleted: bool,
        pub name: String,
        pub display_name: String,
        pub description: String,
        pub icon: String,
        pub provisioner: String,
        pub active_version_id: Uuid,
        pub deprecation_message: String,
        pub default_ttl_ms: i64,
        pub activity_bump_ms: i64,
        pub allow_user_autostart: bool,
        pub allow_user_autostop: bool,
        pub allow_user_cancel_workspace_jobs: bool,
        pub autostart_days: i16,
        pub autostop_days: i16,
        pub autostop_weeks: i64,
        pub failure_ttl_ms: i64,
        pub time_til_dormant_ms: i64,
        pub time_til_dormant_autodelete_ms: i64,
        pub time_til_autostop_notify_ms: i64,
        pub require_active_version: bool,
        pub max_port_share_level: String,
        pub cors_behavior: String,
        pub use_classic_parameter_flow: bool,
        pub disable_module_cache: bool,
        pub agents_allowed: bool,
        pub user_acl: Json<StoredAcl>,
        pub group_acl: Json<StoredAcl>,
        pub organization_name: String,
        pub organization_display_name: String,
        pub organization_icon: String,
        pub created_by_name: String,
    }
}

impl Protected for TemplateRow {
    fn object(&self) -> Object {
        Object::new(Resource::Template)
            .id(self.id)
            .in_org(self.organization_id)
            .shared(acl(&self.user_acl.0), acl(&self.group_acl.0))
    }
}

/// The settings of a template; written as one document with the names of the columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateSettings {
    pub default_ttl_ms: i64,
    pub activity_bump_ms: i64,
    pub allow_user_autostart: bool,
    pub allow_user_autostop: bool,
    pub allow_user_cancel_workspace_jobs: bool,
    pub autostart_days: i16,
    pub autostop_days: i16,
    pub autostop_weeks: i64,
    pub failure_ttl_ms: i64,
    pub time_til_dormant_ms: i64,
    pub time_til_dormant_autodelete_ms: i64,
    pub time_til_autostop_notify_ms: i64,
    pub require_active_version: bool,
    pub max_port_share_level: String,
    pub cors_behavior: String,
    pub use_classic_parameter_flow: bool,
    pub disable_module_cache: bool,
    pub agents_allowed: bool,
}

impl Default for TemplateSettings {
    fn default() -> Self {
        Self {
            default_ttl_ms: 0,
            activity_bump_ms: 3_600_000,
            allow_user_autostart: true,
            allow_user_autostop: true,
            allow_user_cancel_workspace_jobs: false,
            autostart_days: 127,
            autostop_days: 0,
            autostop_weeks: 1,
            failure_ttl_ms: 0,
            time_til_dormant_ms: 0,
            time_til_dormant_autodelete_ms: 0,
            time_til_autostop_notify_ms: 0,
            require_active_version: false,
            max_port_share_level: "public".into(),
            cors_behavior: "simple".into(),
            use_classic_parameter_flow: false,
            disable_module_cache: false,
            agents_allowed: true,
        }
    }
}

impl TemplateRow {
    /// The settings as they are.
    pub fn settings(&self) -> TemplateSettings {
        TemplateSettings {
            default_ttl_ms: self.default_ttl_ms,
            activity_bump_ms: self.activity_bump_ms,
            allow_user_autostart: self.allow_user_autostart,
            allow_user_autostop: self.allow_user_autostop,
            allow_user_cancel_workspace_jobs: self.allow_user_cancel_workspace_jobs,
            autostart_days: self.autostart_days,
            autostop_days: self.autostop_days,
            autostop_weeks: self.autostop_weeks,
            failure_ttl_ms: self.failure_ttl_ms,
            time_til_dormant_ms: self.time_til_dormant_ms,
            time_til_dormant_autodelete_ms: self.time_til_dormant_autodelete_ms,
            time_til_autostop_notify_ms: self.time_til_autostop_notify_ms,
            require_active_version: self.require_active_version,
            max_port_share_level: self.max_port_share_level.clone(),
            cors_behavior: self.cors_behavior.clone(),
            use_classic_parameter_flow: self.use_classic_parameter_flow,
            disable_module_cache: self.disable_module_cache,
            agents_allowed: self.agents_allowed,
        }
    }
}

/// What people see of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateLabels {
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub icon: String,
    pub deprecation_message: String,
}

/// A template to create.
#[derive(Debug, Clone)]
pub struct NewTemplate {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub created_by: Uuid,
    pub labels: TemplateLabels,
    pub provisioner: String,
    pub active_version_id: Uuid,
    pub settings: TemplateSettings,
    pub group_acl: StoredAcl,
}

/// Creates a template. Its name is unique (`templates_organization_id_name_idx`).
///
/// # Errors
/// [`DbError`].
pub async fn insert_template(q: &impl Querier, now: Timestamp, template: &NewTemplate) -> Result<(), DbError> {
    let NewTemplate { id, organization_id, created_by, labels, provisioner, active_version_id, settings, group_acl } =
        template;
    let TemplateLabels { name, display_name, description, icon, .. } = labels;
    execute(
        q,
        statement!("insert_template"),
        &[
            id,
            &now,
            organization_id,
            created_by,
            name,
            display_name,
            description,
            icon,
            provisioner,
            active_version_id,
            &Json(settings),
            &Json(group_acl),
        ],
    )
    .await?;
    Ok(())
}

/// Changes labels, settings and the groups' access.
///
/// # Errors
/// [`DbError`].
pub async fn update_template(
    q: &impl Querier,
    id: Uuid,
    now: Timestamp,
    labels: &TemplateLabels,
    settings: &TemplateSettings,
    group_acl: &StoredAcl,
) -> Result<(), DbError> {
    let TemplateLabels { name, display_name, description, icon, deprecation_message } = labels;
    execute(
        q,
        statement!("update_template"),
        &[&id, &now, name, display_name, description, icon, deprecation_message, &Json(settings), &Json(group_acl)],
    )
    .await?;
    Ok(())
}

/// A template, deleted ones included.
///
/// # Errors
/// [`DbError`].
pub async fn find_template(q: &impl Querier, id: Uuid) -> Result<Option<Guarded<TemplateRow>>, DbError> {
    Ok(optional(q, statement!("find_template"), &[&id]).await?.map(Guarded::new))
}

/// The live template of this name.
///
/// # Errors
/// [`DbError`].
pub async fn find_template_by_name(
    q: &impl Querier,
    organization_id: Uuid,
    name: &str,
) -> Result<Option<Guarded<TemplateRow>>, DbError> {
    Ok(optional(q, statement!("find_template_by_name"), &[&organization_id, &name]).await?.map(Guarded::new))
}

/// What to list; `None` for any. Names are lower case; patterns are for ILIKE.
#[derive(Debug, Clone, Default)]
pub struct TemplateSearch {
    pub organization_id: Option<Uuid>,
    pub exact_name: Option<String>,
    pub exact_display_name: Option<String>,
    pub name_pattern: Option<String>,
    pub display_name_pattern: Option<String>,
    pub ids: Option<Vec<Uuid>>,
    pub author_id: Option<Uuid>,
    pub author_name: Option<String>,
    pub deprecated: Option<bool>,
    pub deleted: Option<bool>,
    pub has_external_agent: Option<bool>,
}

/// Templates that `filter` reaches, by name.
///
/// # Errors
/// [`DbError`].
pub async fn list_templates(
    q: &impl Querier,
    filter: &Filter,
    search: &TemplateSearch,
) -> Result<Vec<TemplateRow>, DbError> {
    let access = Access::from(filter);
    all(
        q,
        statement!("list_templates"),
        &[
            &access.all,
            &access.orgs,
            &access.user,
            &access.member_orgs,
            &access.acl_orgs,
            &access.acl_groups,
            &access.acl_actions,
            &access.ids,
            &search.organization_id,
            &search.exact_name,
            &search.exact_display_name,
            &search.name_pattern,
            &search.display_name_pattern,
            &search.ids,
            &search.author_id,
            &search.author_name,
            &search.deprecated,
            &search.deleted,
            &search.has_external_agent,
        ],
    )
    .await
}

/// Makes a version the active one.
///
/// # Errors
/// [`DbError`].
pub async fn update_active_version(
    q: &impl Querier,
    id: Uuid,
    now: Timestamp,
    version_id: Uuid,
) -> Result<(), DbError> {
    execute(q, statement!("update_active_version"), &[&id, &now, &version_id]).await?;
    Ok(())
}

/// Hides a template for good.
///
/// # Errors
/// [`DbError`].
pub async fn delete_template(q: &impl Querier, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    execute(q, statement!("delete_template"), &[&id, &now]).await?;
    Ok(())
}

/// Replaces both access lists.
///
/// # Errors
/// [`DbError`].
pub async fn update_template_acl(
    q: &impl Querier,
    id: Uuid,
    now: Timestamp,
    users: &StoredAcl,
    groups: &StoredAcl,
) -> Result<(), DbError> {
    execute(q, statement!("update_template_acl"), &[&id, &now, &Json(users), &Json(groups)]).await?;
    Ok(())
}

/// How many live workspaces use a template, prebuilt ones not counted.
///
/// # Errors
/// [`DbError`].
pub async fn count_template_workspaces(
    q: &impl Querier,
    template_id: Uuid,
    prebuilds_user: Uuid,
) -> Result<i64, DbError> {
    Ok(scalar(q, statement!("count_template_workspaces"), &[&template_id, &prebuilds_user]).await?.unwrap_or(0))
}

row! {
    /// Who uses a template, and how long its builds take.
    pub struct TemplateStatsRow {
        pub id: Uuid,
        pub active_users: i64,
        /// Transition to median and 95th percentile in milliseconds.
        pub build_times: Json<std::collections::BTreeMap<String, [i64; 2]>>,
    }
}

/// Figures of every live template. Reads many rows: keep the answer for a while.
///
/// # Errors
/// [`DbError`].
pub async fn list_template_stats(q: &impl Querier, since: Timestamp) -> Result<Vec<TemplateStatsRow>, DbError> {
    all(q, statement!("list_template_stats"), &[&since]).await
}
