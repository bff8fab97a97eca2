//! Workspaces.

use uuid::Uuid;
use warren_api::{
    AutomaticUpdates, BuildReason, MatchedProvisioners, ProvisionerJobInput, ProvisionerJobType, SharedWorkspaceActor,
    SharedWorkspaceActorType, Workspace, WorkspaceBuild, WorkspaceHealth, WorkspaceResource, WorkspaceRole,
    WorkspaceTransition,
};
use warren_builds::PREBUILDS_USER;
use warren_db::StoredAcl;
use warren_db::workspaces::WorkspaceRow;

use super::build::status;
use super::{Queue, job, job_parts};
use crate::Cx;

/// A workspace with its latest build, as the caller sees it.
pub(crate) fn workspace(cx: &Cx, row: &WorkspaceRow, queue: &Queue, resources: Vec<WorkspaceResource>) -> Workspace {
    let failing_agents: Vec<Uuid> = resources
        .iter()
        .flat_map(|resource| &resource.agents)
        .filter(|agent| agent.parent_id.is_none() && !agent.health.healthy)
        .map(|agent| agent.id)
        .collect();
    let default_ttl = (row.template_default_ttl_ms > 0).then_some(row.template_default_ttl_ms);
    Workspace {
        allow_renames: cx.services.config.allow_workspace_renames,
        automatic_updates: AutomaticUpdates::parse(&row.automatic_updates),
        autostart_schedule: row.autostart_schedule.clone(),
        created_at: row.created_at,
        deleting_at: row.deleting_at,
        dormant_at: row.dormant_at,
        favorite: row.favorite && row.owner_id == cx.actor.user_id,
        health: WorkspaceHealth { healthy: failing_agents.is_empty(), failing_agents },
        id: row.id,
        is_prebuild: row.owner_id == PREBUILDS_USER,
        last_used_at: row.last_used_at,
        latest_app_status: None,
        latest_build: latest_build(row, queue, resources),
        name: row.name.clone(),
        next_start_at: row.next_start_at,
        organization_id: row.organization_id,
        organization_name: row.organization_name.clone(),
        outdated: row.template_version_id != row.template_active_version_id,
        owner_avatar_url: row.owner_avatar_url.clone(),
        owner_id: row.owner_id,
        owner_name: row.owner_name.clone(),
        shared_with: shared_with(row),
        task_id: None,
        template_active_version_id: row.template_active_version_id,
        template_allow_user_cancel_workspace_jobs: row.template_allow_user_cancel_workspace_jobs,
        template_display_name: row.template_display_name.clone(),
        template_icon: row.template_icon.clone(),
        template_id: row.template_id,
        template_name: row.template_name.clone(),
        template_require_active_version: row.template_require_active_version,
        template_use_classic_parameter_flow: row.template_use_classic_parameter_flow,
        ttl_ms: if row.template_allow_user_autostop { row.ttl_ms } else { default_ttl },
        updated_at: row.updated_at,
    }
}

fn latest_build(row: &WorkspaceRow, queue: &Queue, resources: Vec<WorkspaceResource>) -> WorkspaceBuild {
    let input = ProvisionerJobInput { workspace_build_id: Some(row.build_id), ..Default::default() };
    let parts = job_parts!(row, row.organization_id, ProvisionerJobType::WorkspaceBuild, input);
    WorkspaceBuild {
        build_number: i64::from(row.build_number),
        created_at: row.build_created_at,
        daily_cost: i64::from(row.daily_cost),
        deadline: row.deadline,
        has_ai_task: row.has_external_agent.map(|_| false),
        has_external_agent: row.has_external_agent,
        id: row.build_id,
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
        updated_at: row.build_updated_at,
        workspace_id: row.id,
        workspace_name: row.name.clone(),
        workspace_owner_avatar_url: row.owner_avatar_url.clone(),
        workspace_owner_id: row.owner_id,
        workspace_owner_name: row.owner_name.clone(),
    }
}

/// Names are left to the access-list endpoint, which looks them up.
fn shared_with(row: &WorkspaceRow) -> Vec<SharedWorkspaceActor> {
    let actors = |acl: &StoredAcl, actor_type: SharedWorkspaceActorType| {
        let actor = |(id, actions): (&Uuid, &Vec<String>)| SharedWorkspaceActor {
            actor_type,
            avatar_url: String::new(),
            id: *id,
            name: String::new(),
            roles: vec![if actions.iter().any(|action| action == "update") {
                WorkspaceRole::Admin
            } else {
                WorkspaceRole::Use
            }],
        };
        acl.iter().map(actor).collect::<Vec<_>>()
    };
    let mut shared = actors(&row.user_acl.0, SharedWorkspaceActorType::User);
    shared.extend(actors(&row.group_acl.0, SharedWorkspaceActorType::Group));
    shared
}
