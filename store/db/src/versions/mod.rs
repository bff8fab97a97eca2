//! Template versions and what their imports found.

use jiff::Timestamp;
use postgres_types::Json;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use warren_api::{Preset, TemplateVersionVariable};
use warren_rbac::{Guarded, Object, Protected, Resource};
use warren_template::parameters::Parameter;

use crate::access::{StoredAcl, acl};
use crate::jobs::Tags;
use crate::{DbError, Querier, all, execute, list, optional, scalar};

row! {
    /// A version with its job and its creator.
    pub struct VersionRow {
        pub id: Uuid,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub organization_id: Uuid,
        pub template_id: Option<Uuid>,
        pub created_by: Uuid,
        pub job_id: Uuid,
        pub name: String,
        pub message: String,
        pub archived: bool,
        pub readme: String,
        pub has_external_agent: bool,
        pub created_by_username: String,
        pub created_by_full_name: String,
        pub created_by_avatar_url: String,
        pub job_created_at: Timestamp,
        pub job_started_at: Option<Timestamp>,
        pub job_canceled_at: Option<Timestamp>,
        pub job_completed_at: Option<Timestamp>,
        pub job_error: String,
        pub job_error_code: String,
        pub job_initiator_id: Uuid,
        pub job_file_id: Uuid,
        pub job_worker_id: Option<Uuid>,
        pub job_tags: Json<Tags>,
        pub job_logs_overflowed: bool,
        pub job_status: String,
        pub provisioner: String,
        pub template_user_acl: Option<Json<StoredAcl>>,
        pub template_group_acl: Option<Json<StoredAcl>>,
        pub template_active_version_id: Option<Uuid>,
        pub template_name: Option<String>,
        pub template_deleted: Option<bool>,
    }
}

row! {
    /// What the import of a version found.
    pub struct VersionImportRow {
        pub id: Uuid,
        pub template_id: Option<Uuid>,
        pub organization_id: Uuid,
        pub name: String,
        pub job_id: Uuid,
        pub variables: Json<Vec<TemplateVersionVariable>>,
        pub parameters: Json<Vec<Parameter>>,
        pub presets: Json<Vec<Preset>>,
        pub external_auth: Json<Vec<ExternalAuthNeed>>,
        pub workspace_tags: Json<Tags>,
        pub has_external_agent: bool,
        pub daemon_api_version: String,
        pub module_file_id: Option<Uuid>,
        pub archived: bool,
    }
}

/// An external login that a template asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalAuthNeed {
    pub id: String,
    #[serde(default)]
    pub optional: bool,
}

impl Protected for VersionRow {
    /// A version is as accessible as its template.
    fn object(&self) -> Object {
        let object = Object::new(Resource::Template).in_org(self.organization_id);
        match (self.template_id, &self.template_user_acl, &self.template_group_acl) {
            (Some(id), Some(users), Some(groups)) => object.id(id).shared(acl(&users.0), acl(&groups.0)),
            _ => object,
        }
    }
}

/// A version to create.
#[derive(Debug, Clone)]
pub struct NewVersion {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub template_id: Option<Uuid>,
    pub created_by: Uuid,
    pub job_id: Uuid,
    pub name: String,
    pub message: String,
    pub source_example_id: Option<String>,
}

/// Creates a version. Its name is unique in the template (`template_versions_template_id_name_idx`).
///
/// # Errors
/// [`DbError`].
pub async fn insert_version(q: &impl Querier, now: Timestamp, version: &NewVersion) -> Result<(), DbError> {
    let NewVersion { id, organization_id, template_id, created_by, job_id, name, message, source_example_id } = version;
    execute(
        q,
        statement!("insert_version"),
        &[id, &now, organization_id, template_id, created_by, job_id, name, message, source_example_id],
    )
    .await?;
    Ok(())
}

/// A version.
///
/// # Errors
/// [`DbError`].
pub async fn find_version(q: &impl Querier, id: Uuid) -> Result<Option<Guarded<VersionRow>>, DbError> {
    Ok(optional(q, statement!("find_version"), &[&id]).await?.map(Guarded::new))
}

/// The version of this name.
///
/// # Errors
/// [`DbError`].
pub async fn find_version_by_name(
    q: &impl Querier,
    template_id: Uuid,
    name: &str,
) -> Result<Option<Guarded<VersionRow>>, DbError> {
    Ok(optional(q, statement!("find_version_by_name"), &[&template_id, &name]).await?.map(Guarded::new))
}

/// The version before the one of this name.
///
/// # Errors
/// [`DbError`].
pub async fn find_previous_version(
    q: &impl Querier,
    template_id: Uuid,
    name: &str,
) -> Result<Option<Guarded<VersionRow>>, DbError> {
    Ok(optional(q, statement!("find_previous_version"), &[&template_id, &name]).await?.map(Guarded::new))
}

/// The version that this job imports.
///
/// # Errors
/// [`DbError`].
pub async fn find_version_by_job(q: &impl Querier, job_id: Uuid) -> Result<Option<Guarded<VersionRow>>, DbError> {
    Ok(optional(q, statement!("find_version_by_job"), &[&job_id]).await?.map(Guarded::new))
}

/// A page of a list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Page {
    pub after_id: Option<Uuid>,
    pub offset: i64,
    pub limit: Option<i64>,
}

/// Versions of a template, the oldest first.
///
/// # Errors
/// [`DbError`].
pub async fn list_versions(
    q: &impl Querier,
    template_id: Uuid,
    include_archived: bool,
    page: Page,
) -> Result<Vec<VersionRow>, DbError> {
    let Page { after_id, offset, limit } = page;
    all(q, statement!("list_versions"), &[&template_id, &include_archived, &after_id, &offset, &limit]).await
}

/// Changes name and message.
///
/// # Errors
/// [`DbError`].
pub async fn update_version(
    q: &impl Querier,
    id: Uuid,
    now: Timestamp,
    name: &str,
    message: &str,
) -> Result<(), DbError> {
    execute(q, statement!("update_version"), &[&id, &now, &name, &message]).await?;
    Ok(())
}

/// Binds a version to a template; false if it belongs to one already.
///
/// # Errors
/// [`DbError`].
pub async fn attach_version(q: &impl Querier, id: Uuid, now: Timestamp, template_id: Uuid) -> Result<bool, DbError> {
    Ok(execute(q, statement!("attach_version"), &[&id, &now, &template_id]).await? > 0)
}

/// Archives versions that are not in use; answers which.
///
/// # Errors
/// [`DbError`].
pub async fn archive_versions(
    q: &impl Querier,
    template_id: Uuid,
    now: Timestamp,
    ids: Option<Vec<Uuid>>,
    failed_only: bool,
) -> Result<Vec<Uuid>, DbError> {
    list(q, statement!("archive_versions"), &[&template_id, &now, &ids, &failed_only]).await
}

/// Brings a version back.
///
/// # Errors
/// [`DbError`].
pub async fn unarchive_version(q: &impl Querier, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    execute(q, statement!("unarchive_version"), &[&id, &now]).await?;
    Ok(())
}

/// What the import found.
///
/// # Errors
/// [`DbError`].
pub async fn find_version_import(q: &impl Querier, id: Uuid) -> Result<Option<VersionImportRow>, DbError> {
    optional(q, statement!("find_version_import"), &[&id]).await
}

/// Stores what the first phase of an import found. An empty readme and `None` change nothing.
///
/// # Errors
/// [`DbError`].
pub async fn store_version_parse(
    q: &impl Querier,
    job_id: Uuid,
    now: Timestamp,
    readme: &str,
    variables: Option<&[TemplateVersionVariable]>,
    workspace_tags: Option<&Tags>,
) -> Result<(), DbError> {
    execute(
        q,
        statement!("store_version_parse"),
        &[&job_id, &now, &readme, &variables.map(Json), &workspace_tags.map(Json)],
    )
    .await?;
    Ok(())
}

/// The result of an import.
#[derive(Debug, Clone, Default)]
pub struct ImportResult {
    pub parameters: Vec<Parameter>,
    pub presets: Vec<Preset>,
    pub external_auth: Vec<ExternalAuthNeed>,
    pub has_external_agent: bool,
    pub plan: Vec<u8>,
    pub module_file_id: Option<Uuid>,
    pub daemon_api_version: String,
}

/// Stores the result of an import.
///
/// # Errors
/// [`DbError`].
pub async fn store_version_import(
    q: &impl Querier,
    job_id: Uuid,
    now: Timestamp,
    result: &ImportResult,
) -> Result<(), DbError> {
    let ImportResult {
        parameters,
        presets,
        external_auth,
        has_external_agent,
        plan,
        module_file_id,
        daemon_api_version,
    } = result;
    execute(
        q,
        statement!("store_version_import"),
        &[
            &job_id,
            &now,
            &Json(parameters),
            &Json(presets),
            &Json(external_auth),
            has_external_agent,
            plan,
            module_file_id,
            daemon_api_version,
        ],
    )
    .await?;
    Ok(())
}

/// The variables of a template's active version.
///
/// # Errors
/// [`DbError`].
pub async fn find_active_variables(
    q: &impl Querier,
    template_id: Uuid,
) -> Result<Vec<TemplateVersionVariable>, DbError> {
    let found: Option<Json<Vec<TemplateVersionVariable>>> =
        scalar(q, statement!("find_active_variables"), &[&template_id]).await?;
    Ok(found.map(|Json(variables)| variables).unwrap_or_default())
}

/// Whether a template version of this organization has this archive of modules.
///
/// # Errors
/// [`DbError`].
pub async fn has_module_file(q: &impl Querier, organization_id: Uuid, file_id: Uuid) -> Result<bool, DbError> {
    Ok(scalar(q, statement!("has_module_file"), &[&organization_id, &file_id]).await?.unwrap_or(false))
}
