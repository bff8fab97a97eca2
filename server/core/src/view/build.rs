//! Builds.

use warren_api::{
    BuildReason, MatchedProvisioners, ProvisionerJobInput, ProvisionerJobType, WorkspaceBuild, WorkspaceResource,
    WorkspaceStatus, WorkspaceTransition,
};
use warren_db::builds::BuildRow;

use super::{Queue, job, job_parts};

/// A build with its resources.
pub(crate) fn build(row: &BuildRow, queue: &Queue, resources: Vec<WorkspaceResource>) -> WorkspaceBuild {
    let input = ProvisionerJobInput { workspace_build_id: Some(row.id), ..Default::default() };
    let parts = job_parts!(row, row.workspace_organization_id, ProvisionerJobType::WorkspaceBuild, input);
    WorkspaceBuild {
        build_number: i64::from(row.build_number),
        created_at: row.created_at,
        daily_cost: i64::from(row.daily_cost),
        deadline: row.deadline,
        has_ai_task: row.has_external_agent.map(|_| false),
        has_external_agent: row.has_external_agent,
        id: row.id,
        initiator_id: row.initiator_id,
        initiator_name: row.initiator_name.clone(),
        job: job(parts, queue),
        matched_provisioners: Some(MatchedProvisioners::default()),
        max_deadline: row.max_deadline,
        reason: BuildReason::parse(&row.reason),
        resources,
        status: status(&row.job_status, &row.transition),
        template_version_id: row.template_version_id,
        template_version_name: row.template_version_name.clone(),
        template_version_preset_id: row.template_version_preset_id,
        transition: WorkspaceTransition::parse(&row.transition),
        updated_at: row.updated_at,
        workspace_id: row.workspace_id,
        workspace_name: row.workspace_name.clone(),
        workspace_owner_avatar_url: row.workspace_owner_avatar_url.clone(),
        workspace_owner_id: row.workspace_owner_id,
        workspace_owner_name: row.workspace_owner_name.clone(),
    }
}

/// A workspace's status: that of the latest build's job, in the words of its transition.
pub(crate) fn status(job_status: &str, transition: &str) -> WorkspaceStatus {
    use WorkspaceStatus as Status;
    match (job_status, transition) {
        ("succeeded", "start") => Status::Running,
        ("succeeded", "stop") => Status::Stopped,
        ("succeeded", "delete") => Status::Deleted,
        ("running", "start") => Status::Starting,
        ("running", "stop") => Status::Stopping,
        ("running", "delete") => Status::Deleting,
        (other, _) => Status::parse(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_the_job_in_the_words_of_the_transition() {
        assert_eq!(status("succeeded", "start"), WorkspaceStatus::Running);
        assert_eq!(status("running", "delete"), WorkspaceStatus::Deleting);
        assert_eq!(status("canceling", "stop"), WorkspaceStatus::Canceling);
        assert_eq!(status("pending", "start"), WorkspaceStatus::Pending);
    }
}
