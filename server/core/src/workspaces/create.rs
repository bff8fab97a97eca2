//! Creating a workspace with its first build.

use jiff::Timestamp;
use uuid::Uuid;
use warren_api::{AutomaticUpdates, CreateWorkspaceRequest, MinimalUser, Workspace};
use warren_builds::{BuildRequest, CreatedBuild};
use warren_db::templates::{self, TemplateRow};
use warren_db::versions;
use warren_db::workspaces::{self as rows, NewWorkspace, list_possible_owners};
use warren_db::{Querier, ResultExt};
use warren_rbac::{Action, Object, Resource};
use warren_schedule::{Autostart, Cron, Weekdays, checked_ttl_ms};

use super::{name_taken, shown_one};
use crate::audit::{Change, Target};
use crate::{Cx, Error, OrgRef, Result, UserRef, resolve, view};

/// Creates a workspace for a user and starts it. `org` limits it to templates of that organization.
///
/// # Errors
/// 400 with the wrong fields, 403, 404 for a deleted template, 406 while the version is imported, 409 for a taken name.
pub async fn create_workspace(
    cx: &Cx,
    org: Option<&OrgRef>,
    user: &UserRef,
    request: CreateWorkspaceRequest,
) -> Result<Workspace> {
    let conn = cx.db().conn().await?;
    let owner = resolve::owner(cx, &conn, user).await?;
    let template = template(cx, &conn, &request).await?;
    if let Some(org) = org
        && resolve::home(cx, &conn, org).await?.id != template.organization_id
    {
        return Err(unknown_template(template.id));
    }
    check_rights(cx, &template, owner.id)?;
    if !template.deprecation_message.is_empty() {
        let detail = template.deprecation_message.clone();
        return Err(Error::invalid(format!("Template {:?} has been deprecated.", template.name))
            .validation("template_id", detail));
    }
    let workspace = new_workspace(cx, &template, owner.id, &request)?;
    drop(conn);
    let build = BuildRequest {
        workspace_id: workspace.id,
        owner_id: owner.id,
        organization_id: template.organization_id,
        template_id: template.id,
        classic_parameters: template.use_classic_parameter_flow,
        first: true,
        initiator_id: cx.actor.user_id,
        transition: "start",
        reason: "initiator".into(),
        version_id: Some(resolve::given(request.template_version_id).unwrap_or(template.active_version_id)),
        preset_id: resolve::given(request.template_version_preset_id),
        parameters: request.rich_parameter_values,
        ..BuildRequest::default()
    };
    let (cx, at, db) = (cx.clone(), cx.services.now(), cx.db().clone());
    db.tx(|tx| async move {
        rows::insert_workspace(&tx, at, &workspace)
            .await
            .on_constraint("workspaces_owner_id_name_idx", || name_taken(&workspace.name))?;
        let created = cx.builds().create_build(&tx, build).await?;
        let created = first_view(&cx, &tx, workspace.id, &created).await?;
        let target = Target {
            resource_type: "workspace",
            id: created.id,
            name: created.name.clone(),
            icon: created.template_icon.clone(),
            organization_id: Some(created.organization_id),
        };
        cx.audit(&tx, "create", &target, Change::created(&created)).await?;
        Ok(created)
    })
    .await
}

async fn first_view(cx: &Cx, q: &impl Querier, id: Uuid, build: &CreatedBuild) -> Result<Workspace> {
    let row = rows::find_workspace(q, id).await?.ok_or_else(|| Error::internal("a workspace vanished"))?;
    let row = row.system("just created by the caller");
    let mut created = shown_one(cx, q, row).await?;
    created.latest_build.matched_provisioners = Some(view::matched(&build.matching));
    created.latest_build.job.queue_position = 0;
    created.latest_build.job.queue_size = 0;
    Ok(created)
}

fn unknown_template(id: Uuid) -> Error {
    Error::invalid(format!("Template \"{id}\" doesn't exist.")).validation("template_id", "template not found")
}

/// The template that is named, itself or by a version.
async fn template(cx: &Cx, q: &impl Querier, request: &CreateWorkspaceRequest) -> Result<TemplateRow> {
    let id = match resolve::given(request.template_version_id) {
        Some(version) => {
            let unknown = || {
                Error::invalid(format!("Template version \"{version}\" doesn't exist."))
                    .validation("template_version_id", "template version not found")
            };
            let found = versions::find_version(q, version).await?.ok_or_else(unknown)?;
            let row = found.allow(&cx.actor, Action::Read).map_err(|_| unknown())?;
            let template = row.template_id.ok_or_else(unknown)?;
            if row.archived {
                return Err(
                    Error::invalid("The template version is archived.").validation("template_version_id", "archived")
                );
            }
            template
        }
        None => request.template_id,
    };
    let found = templates::find_template(q, id).await?.ok_or_else(|| unknown_template(id))?;
    let row = found.allow(&cx.actor, Action::Read).map_err(|_| unknown_template(id))?;
    if row.deleted {
        return Err(Error::new(404, format!("Template {:?} has been deleted!", row.name)));
    }
    Ok(row)
}

fn check_rights(cx: &Cx, template: &TemplateRow, owner: Uuid) -> Result<()> {
    let refused = || {
        Error::forbidden_because("Unauthorized to create workspace.")
            .detail("You may see the template but not create this workspace with it. Ask an administrator for access.")
    };
    let workspace = Object::new(Resource::Workspace).owned_by(owner).in_org(template.organization_id);
    cx.actor.check(Action::Create, &workspace).map_err(|_| refused())?;
    let template = warren_rbac::Protected::object(template);
    cx.actor.check(Action::Use, &template).map_err(|_| refused())?;
    Ok(())
}

fn new_workspace(
    cx: &Cx,
    template: &TemplateRow,
    owner: Uuid,
    request: &CreateWorkspaceRequest,
) -> Result<NewWorkspace> {
    let schedule = request.autostart_schedule.as_deref().filter(|text| !text.is_empty());
    let schedule = schedule
        .map(|text| checked_schedule(text, template.allow_user_autostart))
        .transpose()
        .map_err(|problem| Error::invalid("Invalid Autostart Schedule.").validation("schedule", problem))?;
    let ttl_ms = match request.ttl_ms {
        Some(ms) => checked_ttl_ms(ms).map_err(|problem| {
            Error::invalid("Invalid Workspace Time to Shutdown.").validation("ttl_ms", problem.to_string())
        })?,
        None => None,
    };
    let default = (template.default_ttl_ms > 0).then_some(template.default_ttl_ms);
    Ok(NewWorkspace {
        id: Uuid::new_v4(),
        owner_id: owner,
        organization_id: template.organization_id,
        template_id: template.id,
        name: request.name.clone(),
        next_start_at: schedule.as_ref().and_then(|cron| next_start(cron, template.autostart_days, cx.services.now())),
        autostart_schedule: schedule.map(|cron| cron.to_string()),
        ttl_ms: ttl_ms.or(default),
        automatic_updates: match request.automatic_updates {
            AutomaticUpdates::Always => "always",
            _ => "never",
        }
        .to_owned(),
    })
}

/// A schedule that people may set.
pub(super) fn checked_schedule(text: &str, allowed: bool) -> Result<Cron, String> {
    if !allowed {
        return Err("the template does not allow automatic starts".to_owned());
    }
    Cron::weekly(text).map_err(|problem| format!("validate weekly schedule: {problem}"))
}

pub(super) fn next_start(cron: &Cron, days: i16, now: Timestamp) -> Option<Timestamp> {
    let days = Weekdays::from_bits(u8::try_from(days & 0x7f).unwrap_or_default());
    Autostart { cron, days }.next(now)
}

/// People for whom the caller may create workspaces.
///
/// # Errors
/// 404.
pub async fn available_owners(
    cx: &Cx,
    org: &OrgRef,
    query: &str,
    offset: i64,
    limit: Option<i64>,
) -> Result<Vec<MinimalUser>> {
    let conn = cx.db().conn().await?;
    let home = resolve::home(cx, &conn, org).await?;
    let for_others = Object::new(Resource::Workspace).in_org(home.id);
    let pattern = (!query.is_empty()).then(|| format!("%{}%", query.replace(['%', '_'], "")));
    let found = list_possible_owners(&conn, home.id, pattern.as_deref(), offset, limit).await?;
    let all = cx.actor.check(Action::Create, &for_others).is_ok();
    let shown = found.into_iter().filter(|user| all || user.id == cx.actor.user_id);
    let user = |found: warren_db::workspaces::PossibleOwnerRow| MinimalUser {
        avatar_url: found.avatar_url,
        id: found.id,
        name: found.name,
        username: found.username,
    };
    Ok(shown.map(user).collect())
}
