//! What a job is about, as its row keeps it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use warren_api::{VariableValue, WorkspaceBuildParameter};

/// `provisioner_jobs.type` of an import.
pub const IMPORT: &str = "template_version_import";
/// `provisioner_jobs.type` of a workspace build.
pub const BUILD: &str = "workspace_build";
/// `provisioner_jobs.type` of a dry run.
pub const DRY_RUN: &str = "template_version_dry_run";

/// Input of an import.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportInput {
    pub template_id: Option<Uuid>,
    pub template_version_id: Uuid,
    pub user_variable_values: Vec<VariableValue>,
}

/// Input of a workspace build.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BuildInput {
    pub workspace_build_id: Uuid,
    pub dry_run: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub log_level: String,
}

/// Input of a dry run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DryRunInput {
    pub template_version_id: Uuid,
    pub workspace_name: String,
    pub rich_parameter_values: Vec<WorkspaceBuildParameter>,
}

/// A job's input by its type.
#[derive(Debug, Clone)]
pub enum JobInput {
    Import(ImportInput),
    Build(BuildInput),
    DryRun(DryRunInput),
}

impl JobInput {
    /// Reads the input of a row; `None` for a type or a document that this server does not know.
    pub fn read(r#type: &str, input: &serde_json::Value) -> Option<Self> {
        match r#type {
            IMPORT => ImportInput::deserialize(input).ok().map(Self::Import),
            BUILD => BuildInput::deserialize(input).ok().map(Self::Build),
            DRY_RUN => DryRunInput::deserialize(input).ok().map(Self::DryRun),
            _ => None,
        }
    }
}
