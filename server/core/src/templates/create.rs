//! Creating a template.

use std::collections::BTreeMap;

use uuid::Uuid;
use warren_api::{CreateTemplateRequest, Template};
use warren_db::templates::{self, NewTemplate, TemplateLabels, TemplateSettings};
use warren_db::versions::{self, VersionRow};
use warren_db::{ResultExt, StoredAcl};
use warren_rbac::{Action, Object, Resource};

use super::update::{autostart_days, autostop_days, positive};
use super::{name_taken, now, reload};
use crate::audit::{Change, Target};
use crate::{Cx, Error, OrgRef, Result, resolve, view};

/// Creates a template from an imported version that belongs to none.
///
/// # Errors
/// 400, 403, 404 for an unknown version, 409 for a taken name.
pub async fn create_template(cx: &Cx, org: &OrgRef, request: CreateTemplateRequest) -> Result<Template> {
    let conn = cx.db().conn().await?;
    let home = resolve::home(cx, &conn, org).await?;
    cx.allow(Action::Create, &Object::new(Resource::Template).in_org(home.id))?;
    if templates::find_template_by_name(&conn, home.id, &request.name).await?.is_some() {
        return Err(name_taken(&request.name));
    }
    let version = load_version(&conn, home.id, request.template_version_id).await?;
    drop(conn);
    let settings = settings(&request)?;
    let everyone = StoredAcl::from([(home.id, vec!["read".to_owned(), "use".to_owned()])]);
    let template = NewTemplate {
        id: Uuid::new_v4(),
        organization_id: home.id,
        created_by: cx.actor.user_id,
        labels: TemplateLabels {
            name: request.name.clone(),
            display_name: request.display_name,
            description: request.description,
            icon: request.icon,
            deprecation_message: String::new(),
        },
        provisioner: version.provisioner.clone(),
        active_version_id: version.id,
        settings,
        group_acl: if request.disable_everyone_group_access { BTreeMap::new() } else { everyone },
    };
    let (cx, at) = (cx.clone(), now(cx));
    let db = cx.db().clone();
    db.tx(|tx| async move {
        templates::insert_template(&tx, at, &template)
            .await
            .on_constraint("templates_organization_id_name_idx", || name_taken(&template.labels.name))?;
        if !versions::attach_version(&tx, version.id, at, template.id).await? {
            return Err(already_used(version.id));
        }
        let created = view::template(reload(&tx, template.id).await?);
        cx.audit(&tx, "create", &target(&created), Change::created(&created)).await?;
        Ok(created)
    })
    .await
}

async fn load_version(q: &impl warren_db::Querier, organization: Uuid, id: Uuid) -> Result<VersionRow> {
    let missing = || {
        Error::new(404, format!("Template version \"{id}\" does not exist."))
            .validation("template_version_id", "Template version does not exist")
    };
    let version = versions::find_version(q, id).await?.ok_or_else(missing)?;
    let version = version.system("whoever may create templates in the organization may use its versions");
    if version.organization_id != organization {
        return Err(missing());
    }
    if version.template_id.is_some() {
        return Err(already_used(id));
    }
    if version.archived {
        return Err(Error::invalid(format!("Template version {id} is archived."))
            .validation("template_version_id", "Template version is archived"));
    }
    Ok(version)
}

fn already_used(id: Uuid) -> Error {
    Error::invalid(format!("Template version {id} is already part of a template"))
        .validation("template_version_id", "Template version is already part of a template")
}

fn settings(request: &CreateTemplateRequest) -> Result<TemplateSettings> {
    let mut error = Error::invalid("Invalid create template request.");
    let mut settings = TemplateSettings::default();
    let times = [
        ("default_ttl_ms", request.default_ttl_ms, &mut settings.default_ttl_ms),
        ("activity_bump_ms", request.activity_bump_ms, &mut settings.activity_bump_ms),
        ("failure_ttl_ms", request.failure_ttl_ms, &mut settings.failure_ttl_ms),
        ("dormant_ttl_ms", request.dormant_ttl_ms, &mut settings.time_til_dormant_ms),
        ("delete_ttl_ms", request.delete_ttl_ms, &mut settings.time_til_dormant_autodelete_ms),
        ("time_til_autostop_notify_ms", request.time_til_autostop_notify_ms, &mut settings.time_til_autostop_notify_ms),
    ];
    for (field, given, kept) in times {
        positive(&mut error, field, given, kept);
    }
    if let Some(requirement) = &request.autostart_requirement {
        autostart_days(&mut error, requirement, &mut settings);
    }
    if let Some(requirement) = &request.autostop_requirement {
        autostop_days(&mut error, requirement, &mut settings);
    }
    if !error.validations.is_empty() {
        return Err(error);
    }
    settings.allow_user_autostart = request.allow_user_autostart.unwrap_or(true);
    settings.allow_user_autostop = request.allow_user_autostop.unwrap_or(true);
    settings.allow_user_cancel_workspace_jobs = request.allow_user_cancel_workspace_jobs.unwrap_or(false);
    settings.require_active_version = request.require_active_version;
    settings.use_classic_parameter_flow = request.template_use_classic_parameter_flow.unwrap_or(false);
    settings.agents_allowed = request.agents_allowed.unwrap_or(true);
    if let Some(level) = request.max_port_share_level.filter(|level| !level.as_str().is_empty()) {
        settings.max_port_share_level = level.as_str().to_owned();
    }
    if let Some(behavior) = request.cors_behavior.filter(|behavior| !behavior.as_str().is_empty()) {
        settings.cors_behavior = behavior.as_str().to_owned();
    }
    Ok(settings)
}

pub(super) fn target(template: &Template) -> Target {
    Target {
        resource_type: "template",
        id: template.id,
        name: template.name.clone(),
        icon: template.icon.clone(),
        organization_id: Some(template.organization_id),
    }
}
