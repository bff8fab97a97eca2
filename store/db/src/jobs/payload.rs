//! What a daemon gets with a job.

use postgres_types::Json;
use uuid::Uuid;
use warren_api::{TemplateVersionVariable, WorkspaceBuildParameter};

use crate::versions::ExternalAuthNeed;
use crate::{DbError, Querier, optional};

row! {
    /// Everything about a workspace build. Holds secrets of the owner: never log it.
    pub struct BuildPayloadRow {
        pub build_id: Uuid,
        pub build_number: i32,
        pub transition: String,
        pub parameters: Json<Vec<WorkspaceBuildParameter>>,
        pub provisioner_state: Option<Vec<u8>>,
        pub previous_parameters: Json<Vec<WorkspaceBuildParameter>>,
        pub workspace_id: Uuid,
        pub workspace_name: String,
        pub organization_id: Uuid,
        pub template_id: Uuid,
        pub template_name: String,
        pub version_id: Uuid,
        pub version_name: String,
        pub variables: Json<Vec<TemplateVersionVariable>>,
        pub external_auth: Json<Vec<ExternalAuthNeed>>,
        pub module_file_id: Option<Uuid>,
        pub owner_id: Uuid,
        pub owner_username: String,
        pub owner_email: String,
        pub owner_name: String,
        pub owner_login_type: String,
        pub owner_site_roles: Vec<String>,
        pub owner_organization_roles: Vec<String>,
        pub owner_is_member: bool,
        pub owner_groups: Vec<String>,
        pub ssh_public_key: String,
        pub ssh_private_key: String,
        pub oidc_access_token: String,
        pub initiator_username: String,
        pub archive: Vec<u8>,
    }
}

row! {
    /// What an import or a dry run needs.
    pub struct VersionPayloadRow {
        pub version_id: Uuid,
        pub version_name: String,
        pub template_id: Option<Uuid>,
        pub variables: Json<Vec<TemplateVersionVariable>>,
        pub initiator_username: String,
        pub archive: Vec<u8>,
    }
}

/// The payload of a build's job.
///
/// # Errors
/// [`DbError`].
pub async fn find_build_payload(q: &impl Querier, job: Uuid) -> Result<Option<BuildPayloadRow>, DbError> {
    optional(q, statement!("find_build_payload"), &[&job]).await
}

/// The payload of a job about a version.
///
/// # Errors
/// [`DbError`].
pub async fn find_version_payload(
    q: &impl Querier,
    job: Uuid,
    version: Uuid,
) -> Result<Option<VersionPayloadRow>, DbError> {
    optional(q, statement!("find_version_payload"), &[&job, &version]).await
}
