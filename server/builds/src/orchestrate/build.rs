//! Workspace builds.

use jiff::Timestamp;
use uuid::Uuid;
use warren_api::WorkspaceBuildParameter;
use warren_db::builds::{self, BuildBaseRow, NewBuild};
use warren_db::daemons::MatchingDaemonsRow;
use warren_db::jobs::{self, NewJob, Tags};
use warren_db::versions::{VersionImportRow, VersionRow, find_version, find_version_import};
use warren_db::{ResultExt, Tx, workspaces};
use warren_template::tags::normalize;

use super::parameters::{self, Rules};
use super::tags::{TagContext, evaluate};
use crate::events::WorkspaceEvent;
use crate::input::{BUILD, BuildInput};
use crate::{Builds, Error, now};

/// A build to make. Rights are checked by the caller.
#[derive(Debug, Clone, Default)]
pub struct BuildRequest {
    pub workspace_id: Uuid,
    pub owner_id: Uuid,
    pub organization_id: Uuid,
    pub template_id: Uuid,
    /// Of the template.
    pub classic_parameters: bool,
    /// The workspace was inserted in this transaction and has no build yet.
    pub first: bool,
    pub initiator_id: Uuid,
    /// `start`, `stop` or `delete`
    pub transition: &'static str,
    pub reason: String,
    /// `None`: that of the latest build.
    pub version_id: Option<Uuid>,
    pub preset_id: Option<Uuid>,
    pub parameters: Vec<WorkspaceBuildParameter>,
    /// Replaces the state of the previous build.
    pub state: Option<Vec<u8>>,
    /// Drops the state, so that nothing is destroyed.
    pub orphan: bool,
    pub log_level: String,
}

/// A build whose job waits.
#[derive(Debug, Clone)]
pub struct CreatedBuild {
    pub build_id: Uuid,
    pub job_id: Uuid,
    pub number: i32,
    pub version_id: Uuid,
    pub matching: MatchingDaemonsRow,
    /// It needed no daemon and is complete.
    pub complete: bool,
}

impl Builds {
    /// Makes a build. Two at the same time collide: the second finds the first active.
    ///
    /// # Errors
    /// [`Error`]; nothing is changed.
    pub async fn create_build(&self, tx: &Tx, request: BuildRequest) -> Result<CreatedBuild, Error> {
        let at = now();
        let base = if request.first { None } else { Some(self.lock_base(tx, &request).await?) };
        let version_id = request.version_id.or(base.as_ref().map(|base| base.template_version_id));
        let version_id = version_id.ok_or(Error::VersionMissing)?;
        let version = find_version(tx, version_id).await?.ok_or(Error::VersionMissing)?;
        let version = version.system("the caller may build the workspace");
        check_version(&version, &request)?;
        let import = find_version_import(tx, version_id).await?.ok_or(Error::VersionMissing)?;
        let plan = plan(&request, base.as_ref(), &import)?;
        let tags = self.tags(&request, &version, &import, &plan.values)?;
        let job = new_job(&request, &version, tags);
        let build_id = build_of(&job);
        let matching = self.queue(tx, at, &job).await?;
        let build = NewBuild {
            id: build_id,
            workspace_id: request.workspace_id,
            template_version_id: version_id,
            build_number: base.as_ref().map_or(1, |base| base.build_number + 1),
            transition: request.transition.to_owned(),
            reason: request.reason.clone(),
            initiator_id: request.initiator_id,
            job_id: job.id,
            template_version_preset_id: plan.preset,
            parameters: plan.values,
            copy_state_of: base.as_ref().filter(|_| !request.orphan && request.state.is_none()).map(|base| base.id),
            state: request.state,
        };
        builds::insert_build(tx, at, &build)
            .await
            .on_constraint("workspace_builds_workspace_id_build_number_key", || Error::ActiveBuild)?;
        let complete = request.orphan && matching.available == 0;
        if complete {
            self.complete_orphan(tx, request.workspace_id, job.id, at).await?;
        }
        WorkspaceEvent::state(request.workspace_id).publish_tx(&self.0.bus, tx, request.owner_id);
        Ok(CreatedBuild { build_id, job_id: job.id, number: build.build_number, version_id, matching, complete })
    }

    async fn lock_base(&self, tx: &Tx, request: &BuildRequest) -> Result<BuildBaseRow, Error> {
        workspaces::lock_workspace(tx, request.workspace_id).await?;
        let base = builds::find_build_base(tx, request.workspace_id).await?.ok_or(Error::Deleted)?;
        if base.job_completed_at.is_none() {
            return Err(Error::ActiveBuild);
        }
        if base.transition == "delete" && base.job_status == "succeeded" {
            return Err(Error::Deleted);
        }
        Ok(base)
    }

    fn tags(
        &self,
        request: &BuildRequest,
        version: &VersionRow,
        import: &VersionImportRow,
        values: &[WorkspaceBuildParameter],
    ) -> Result<Tags, Error> {
        let owner = request.owner_id.to_string();
        if import.workspace_tags.0.is_empty() {
            return Ok(normalize(&owner, [&version.job_tags.0]));
        }
        let context = TagContext {
            variables: import.variables.0.iter().map(|v| (v.name.clone(), v.value.clone())).collect(),
            parameters: values.iter().map(|v| (v.name.clone(), v.value.clone())).collect(),
        };
        let evaluated = evaluate(&import.workspace_tags.0, &context).map_err(Error::Tags)?;
        Ok(normalize(&owner, [&version.job_tags.0, &evaluated]))
    }

    /// Nobody could run the job of an orphaned workspace, and there is nothing to do: it is done.
    async fn complete_orphan(&self, tx: &Tx, workspace: Uuid, job: Uuid, at: Timestamp) -> Result<(), Error> {
        jobs::complete_job(tx, job, at, "", "").await?;
        workspaces::delete_workspace(tx, workspace, at).await?;
        warren_db::resources::delete_prior_agents(tx, workspace, job).await?;
        Ok(())
    }
}

fn check_version(version: &VersionRow, request: &BuildRequest) -> Result<(), Error> {
    if version.template_id != Some(request.template_id) {
        return Err(Error::VersionOfOtherTemplate);
    }
    match version.job_status.as_str() {
        "succeeded" => Ok(()),
        "failed" => Err(Error::VersionFailed(format!(
            "The provided template version {:?} has failed to import: {:?}. You cannot build workspaces with it!",
            version.name, version.job_error
        ))),
        "canceled" => Err(Error::VersionFailed(format!(
            "The provided template version {:?} was canceled during import. You cannot build workspaces with it!",
            version.name
        ))),
        status => Err(Error::VersionNotReady(status.to_owned())),
    }
}

struct Plan {
    values: Vec<WorkspaceBuildParameter>,
    preset: Option<Uuid>,
}

fn plan(request: &BuildRequest, base: Option<&BuildBaseRow>, import: &VersionImportRow) -> Result<Plan, Error> {
    let presets = parameters::presets(import);
    let chosen = match request.preset_id {
        Some(id) => Some(presets.iter().find(|preset| preset.id == id).ok_or(Error::PresetMissing)?),
        None => None,
    };
    let same_version = base.is_some_and(|base| base.template_version_id == import.id);
    let rules = Rules {
        classic: request.classic_parameters,
        carry: request.transition != "start" && same_version && request.parameters.is_empty() && chosen.is_none(),
        requested: &request.parameters,
        previous: base.map(|base| base.parameters.0.as_slice()),
        preset: chosen,
    };
    let values = parameters::resolve(import, rules)?;
    let preset = chosen
        .or_else(|| parameters::matching_preset(&presets, &values))
        .map(|preset| preset.id)
        .or_else(|| base.filter(|_| same_version).and_then(|base| base.template_version_preset_id));
    Ok(Plan { values, preset })
}

fn new_job(request: &BuildRequest, version: &VersionRow, tags: Tags) -> NewJob {
    let input = BuildInput { workspace_build_id: Uuid::new_v4(), dry_run: false, log_level: request.log_level.clone() };
    NewJob {
        id: Uuid::new_v4(),
        organization_id: request.organization_id,
        initiator_id: request.initiator_id,
        provisioner: version.provisioner.clone(),
        file_id: version.job_file_id,
        r#type: BUILD,
        input: serde_json::to_value(&input).unwrap_or_default(),
        tags,
    }
}

fn build_of(job: &NewJob) -> Uuid {
    job.input.get("workspace_build_id").and_then(|id| id.as_str()?.parse().ok()).unwrap_or_default()
}
