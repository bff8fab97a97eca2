//! Template versions and their imports; dry runs.

use uuid::Uuid;
use warren_api::{VariableValue, WorkspaceBuildParameter};
use warren_db::Tx;
use warren_db::daemons::MatchingDaemonsRow;
use warren_db::jobs::{NewJob, Tags};
use warren_db::versions::{NewVersion, VersionRow, insert_version};

use crate::input::{DRY_RUN, DryRunInput, IMPORT, ImportInput};
use crate::{Builds, Error, now};

/// A version to be imported. Names and rights are checked by the caller.
#[derive(Debug, Clone)]
pub struct VersionRequest {
    pub organization_id: Uuid,
    pub template_id: Option<Uuid>,
    pub created_by: Uuid,
    pub name: String,
    pub message: String,
    pub file_id: Uuid,
    pub source_example_id: Option<String>,
    /// `terraform` or `echo`
    pub provisioner: String,
    /// Normalized.
    pub tags: Tags,
    pub variables: Vec<VariableValue>,
}

/// A version whose import waits.
#[derive(Debug, Clone)]
pub struct CreatedVersion {
    pub version_id: Uuid,
    pub job_id: Uuid,
    pub matching: MatchingDaemonsRow,
}

/// A plan without an apply.
#[derive(Debug, Clone)]
pub struct DryRunRequest {
    pub initiator_id: Uuid,
    pub workspace_name: String,
    pub parameters: Vec<WorkspaceBuildParameter>,
}

impl Builds {
    /// Creates a version and queues its import.
    ///
    /// # Errors
    /// The database; a taken name violates `template_versions_template_id_name_idx`.
    pub async fn create_version(&self, tx: &Tx, request: VersionRequest) -> Result<CreatedVersion, Error> {
        let (version_id, job_id, at) = (Uuid::new_v4(), Uuid::new_v4(), now());
        let input = ImportInput {
            template_id: request.template_id,
            template_version_id: version_id,
            user_variable_values: request.variables,
        };
        let job = NewJob {
            id: job_id,
            organization_id: request.organization_id,
            initiator_id: request.created_by,
            provisioner: request.provisioner,
            file_id: request.file_id,
            r#type: IMPORT,
            input: serde_json::to_value(&input).unwrap_or_default(),
            tags: request.tags,
        };
        let matching = self.queue(tx, at, &job).await?;
        let version = NewVersion {
            id: version_id,
            organization_id: request.organization_id,
            template_id: request.template_id,
            created_by: request.created_by,
            job_id,
            name: request.name,
            message: request.message,
            source_example_id: request.source_example_id,
        };
        insert_version(tx, at, &version).await?;
        Ok(CreatedVersion { version_id, job_id, matching })
    }

    /// Queues a dry run of a version; answers the job's id.
    ///
    /// # Errors
    /// The database.
    pub async fn create_dry_run(&self, tx: &Tx, version: &VersionRow, request: DryRunRequest) -> Result<Uuid, Error> {
        let job_id = Uuid::new_v4();
        let input = DryRunInput {
            template_version_id: version.id,
            workspace_name: request.workspace_name,
            rich_parameter_values: request.parameters,
        };
        let job = NewJob {
            id: job_id,
            organization_id: version.organization_id,
            initiator_id: request.initiator_id,
            provisioner: version.provisioner.clone(),
            file_id: version.job_file_id,
            r#type: DRY_RUN,
            input: serde_json::to_value(&input).unwrap_or_default(),
            tags: version.job_tags.0.clone(),
        };
        self.queue(tx, now(), &job).await?;
        Ok(job_id)
    }
}
