//! Starting, stopping and deleting a workspace.

use uuid::Uuid;
use warren_api::{
    CreateWorkspaceBuildReason, CreateWorkspaceBuildRequest, ProvisionerLogLevel, WorkspaceBuild, WorkspaceTransition,
};
use warren_builds::BuildRequest;
use warren_db::templates::{self, TemplateRow};
use warren_db::workspaces::{self as rows, WorkspaceRow};
use warren_db::{Querier, builds};
use warren_rbac::{Action, Guarded};

use super::shown_one;
use crate::audit::{Change, Target};
use crate::{Cx, Error, Result, resolve, view};

/// Makes a build of a workspace.
///
/// # Errors
/// 400 with the wrong fields, 403, 404, 406 while the version is imported, 409 while a build is active or the workspace is
/// deleted.
pub async fn create_build(cx: &Cx, workspace: Uuid, request: CreateWorkspaceBuildRequest) -> Result<WorkspaceBuild> {
    let conn = cx.db().conn().await?;
    let found = rows::find_workspace(&conn, workspace).await?.ok_or_else(Error::not_found)?;
    let template = templates::find_template(&conn, template_of(&found)).await?.ok_or_else(Error::not_found)?;
    let manager = template.check(&cx.actor, Action::Update).is_ok();
    let template = template.system("the settings of the workspace's own template");
    let row = allowed(cx, found, request.transition)?;
    if row.deleted {
        return Err(warren_builds::Error::Deleted.into());
    }
    check(cx, &request, manager)?;
    check_version(&request, &row, &template, manager)?;
    drop(conn);
    let wanted = build_request(cx, &row, &template, request)?;
    let wakes = wanted.transition == "start" && row.dormant_at.is_some();
    let (cx, db, at) = (cx.clone(), cx.db().clone(), cx.services.now());
    db.tx(|tx| async move {
        if wakes {
            rows::update_dormancy(&tx, row.id, None, at).await?;
        }
        let created = cx.builds().create_build(&tx, wanted).await?;
        let build = builds::find_build(&tx, created.build_id).await?;
        let build = build.ok_or_else(|| Error::internal("a build vanished"))?.system("just created by the caller");
        let mut shown = shown_one(&cx, &tx, build).await?;
        shown.matched_provisioners = Some(view::matched(&created.matching));
        shown.job.queue_position = 0;
        shown.job.queue_size = 0;
        audit(&cx, &tx, &row, &shown).await?;
        Ok(shown)
    })
    .await
}

/// The template's id before the decision about the workspace; nothing else of the row is looked at.
fn template_of(found: &Guarded<WorkspaceRow>) -> Uuid {
    found.clone().system("only the template's id").template_id
}

/// The right that the transition needs. Who can see the workspace but not do this hears so.
fn allowed(cx: &Cx, found: Guarded<WorkspaceRow>, transition: WorkspaceTransition) -> Result<WorkspaceRow> {
    found.check(&cx.actor, Action::Read)?;
    let dormant = found.clone().system("only whether it rests").dormant_at.is_some();
    let (action, word) = match transition {
        // Waking a resting workspace is a change of it.
        WorkspaceTransition::Start if dormant => (Action::Update, "start"),
        WorkspaceTransition::Start => (Action::Start, "start"),
        WorkspaceTransition::Stop => (Action::Stop, "stop"),
        _ => (Action::Delete, "delete"),
    };
    found.allow(&cx.actor, action).map_err(|_| {
        Error::forbidden_because(format!("You do not have permission to {word} this workspace."))
            .detail("You can see this workspace but not do this to it. Ask its owner or an administrator.")
    })
}

fn check(cx: &Cx, request: &CreateWorkspaceBuildRequest, manager: bool) -> Result<()> {
    let both = |status: u16, text: &str| Error::new(status, text).detail(text);
    if request.orphan && request.transition != WorkspaceTransition::Delete {
        return Err(Error::invalid("Orphan is only permitted when deleting a workspace."));
    }
    if (request.orphan || !request.state.is_empty()) && !manager {
        return Err(both(403, "Only template managers may provide custom state"));
    }
    if request.orphan && !request.state.is_empty() {
        return Err(Error::invalid("Orphan cannot be set with state since state intent is unclear."));
    }
    if request.on_success.is_some() {
        return Err(Error::invalid("A build that follows another one is not supported by this server.")
            .validation("on_success", "not supported"));
    }
    if request.log_level == ProvisionerLogLevel::Debug && !cx.services.config.terraform_debug_mode {
        return Err(both(400, "Terraform debug mode is disabled in the deployment configuration."));
    }
    Ok(())
}

/// A template may insist on its active version, except for those who manage it.
fn check_version(
    request: &CreateWorkspaceBuildRequest,
    row: &WorkspaceRow,
    template: &TemplateRow,
    manager: bool,
) -> Result<()> {
    let version = resolve::given(request.template_version_id).unwrap_or(row.template_version_id);
    let insists = template.require_active_version && request.transition == WorkspaceTransition::Start && !manager;
    if insists && version != template.active_version_id {
        return Err(Error::forbidden_because("The template requires its active version.")
            .detail("Update the workspace to the active version of its template."));
    }
    Ok(())
}

fn build_request(
    cx: &Cx,
    row: &WorkspaceRow,
    template: &TemplateRow,
    request: CreateWorkspaceBuildRequest,
) -> Result<BuildRequest> {
    let state = match request.state.as_str() {
        "" => None,
        text => Some(decode_state(text)?),
    };
    let reason = match request.reason {
        CreateWorkspaceBuildReason::Unset => "initiator",
        reason => reason.as_str(),
    };
    Ok(BuildRequest {
        workspace_id: row.id,
        owner_id: row.owner_id,
        organization_id: row.organization_id,
        template_id: row.template_id,
        classic_parameters: template.use_classic_parameter_flow,
        first: false,
        initiator_id: cx.actor.user_id,
        transition: match request.transition {
            WorkspaceTransition::Start => "start",
            WorkspaceTransition::Stop => "stop",
            _ => "delete",
        },
        reason: reason.to_owned(),
        version_id: resolve::given(request.template_version_id),
        preset_id: resolve::given(request.template_version_preset_id),
        parameters: request.rich_parameter_values,
        state,
        orphan: request.orphan,
        log_level: request.log_level.as_str().to_owned(),
    })
}

/// State travels as base64.
///
/// # Errors
/// 400.
pub(super) fn decode_state(text: &str) -> Result<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).map_err(|error| {
        Error::invalid("Request body must be valid JSON.").detail(format!("the state is not base64: {error}"))
    })
}

async fn audit(cx: &Cx, q: &impl Querier, row: &WorkspaceRow, build: &WorkspaceBuild) -> Result<()> {
    let target = Target {
        resource_type: "workspace_build",
        id: build.id,
        name: row.name.clone(),
        icon: row.template_icon.clone(),
        organization_id: Some(row.organization_id),
    };
    let action = match build.transition {
        WorkspaceTransition::Start => "start",
        WorkspaceTransition::Stop => "stop",
        _ => "delete",
    };
    cx.audit(q, action, &target, Change::none(201)).await
}
