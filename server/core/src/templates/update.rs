//! Changing a template.

use uuid::Uuid;
use warren_api::{
    Response, Template, TemplateAutostartRequirement, TemplateAutostopRequirement, UpdateTemplateMeta, ValidationError,
};
use warren_builds::PREBUILDS_USER;
use warren_db::ResultExt;
use warren_db::templates::{self, TemplateLabels, TemplateSettings};
use warren_db::versions;
use warren_rbac::Action;
use warren_schedule::Weekdays;

use super::create::target;
use super::{load, name_taken, now, reload};
use crate::audit::{Change, Target};
use crate::{Cx, Error, Result, check_display_name, check_name, view};

/// Longest that a forced stop may skip, in weeks.
const MAX_WEEKS: i64 = 16;

/// Changes what the request has; the rest stays.
///
/// # Errors
/// 400 with every wrong field, 403, 404, 409 for a taken name.
pub async fn update_template(cx: &Cx, id: Uuid, request: UpdateTemplateMeta) -> Result<Template> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    drop(conn);
    let mut error = Error::invalid("Invalid request to update template metadata!");
    let labels = labels(&mut error, &row, &request);
    let settings = merge(&mut error, row.settings(), &request);
    if !error.validations.is_empty() {
        return Err(error);
    }
    let mut group_acl = row.group_acl.0.clone();
    if request.disable_everyone_group_access == Some(true) {
        group_acl.remove(&row.organization_id);
    }
    let before = view::template(row);
    let (cx, at) = (cx.clone(), now(cx));
    let db = cx.db().clone();
    db.tx(|tx| async move {
        templates::update_template(&tx, id, at, &labels, &settings, &group_acl)
            .await
            .on_constraint("templates_organization_id_name_idx", || name_taken(&labels.name))?;
        let after = view::template(reload(&tx, id).await?);
        cx.audit(&tx, "write", &target(&after), Change::updated(&before, &after)).await?;
        Ok(after)
    })
    .await
}

fn labels(error: &mut Error, row: &templates::TemplateRow, request: &UpdateTemplateMeta) -> TemplateLabels {
    let text = |given: &Option<String>, kept: &str| given.clone().unwrap_or_else(|| kept.to_owned());
    // An empty name means the present one.
    let name = request.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| row.name.clone());
    let display_name = text(&request.display_name, &row.display_name);
    let description = text(&request.description, &row.description);
    let mut refuse = |field: &str, detail: &str| {
        error.validations.push(ValidationError { field: field.to_owned(), detail: detail.to_owned() });
    };
    if let Err(problem) = check_name(&name) {
        refuse("name", problem);
    }
    if let Err(problem) = check_display_name(&display_name) {
        refuse("display_name", problem);
    }
    if description.chars().count() >= 128 {
        refuse("description", "Must be shorter than 128 characters.");
    }
    TemplateLabels {
        name,
        display_name,
        description,
        icon: text(&request.icon, &row.icon),
        deprecation_message: text(&request.deprecation_message, &row.deprecation_message),
    }
}

fn merge(error: &mut Error, mut settings: TemplateSettings, request: &UpdateTemplateMeta) -> TemplateSettings {
    let times = [
        ("default_ttl_ms", request.default_ttl_ms, &mut settings.default_ttl_ms),
        ("activity_bump_ms", request.activity_bump_ms, &mut settings.activity_bump_ms),
        ("failure_ttl_ms", request.failure_ttl_ms, &mut settings.failure_ttl_ms),
        ("time_til_dormant_ms", request.time_til_dormant_ms, &mut settings.time_til_dormant_ms),
        (
            "time_til_dormant_autodelete_ms",
            request.time_til_dormant_autodelete_ms,
            &mut settings.time_til_dormant_autodelete_ms,
        ),
        ("time_til_autostop_notify_ms", request.time_til_autostop_notify_ms, &mut settings.time_til_autostop_notify_ms),
    ];
    for (field, given, kept) in times {
        positive(error, field, given, kept);
    }
    if let Some(requirement) = &request.autostart_requirement {
        autostart_days(error, requirement, &mut settings);
    }
    if let Some(requirement) = &request.autostop_requirement {
        autostop_days(error, requirement, &mut settings);
    }
    let flags = [
        (request.allow_user_autostart, &mut settings.allow_user_autostart),
        (request.allow_user_autostop, &mut settings.allow_user_autostop),
        (request.allow_user_cancel_workspace_jobs, &mut settings.allow_user_cancel_workspace_jobs),
        (request.require_active_version, &mut settings.require_active_version),
        (request.use_classic_parameter_flow, &mut settings.use_classic_parameter_flow),
        (request.disable_module_cache, &mut settings.disable_module_cache),
        (request.agents_allowed, &mut settings.agents_allowed),
    ];
    for (given, kept) in flags {
        *kept = given.unwrap_or(*kept);
    }
    if let Some(level) = request.max_port_share_level.filter(|level| !level.as_str().is_empty()) {
        settings.max_port_share_level = level.as_str().to_owned();
    }
    if let Some(behavior) = request.cors_behavior.filter(|behavior| !behavior.as_str().is_empty()) {
        settings.cors_behavior = behavior.as_str().to_owned();
    }
    settings
}

pub(super) fn positive(error: &mut Error, field: &str, given: Option<i64>, kept: &mut i64) {
    match given {
        None => {}
        Some(value) if value >= 0 => *kept = value,
        Some(_) => {
            let detail = "Must be a positive integer.".to_owned();
            error.validations.push(ValidationError { field: field.to_owned(), detail });
        }
    }
}

pub(super) fn autostart_days(
    error: &mut Error,
    requirement: &TemplateAutostartRequirement,
    settings: &mut TemplateSettings,
) {
    match Weekdays::from_names(requirement.days_of_week.iter().map(String::as_str)) {
        Ok(days) => settings.autostart_days = i16::from(days.bits()),
        Err(name) => bad_day(error, "autostart_requirement.days_of_week", &name),
    }
}

pub(super) fn autostop_days(
    error: &mut Error,
    requirement: &TemplateAutostopRequirement,
    settings: &mut TemplateSettings,
) {
    match Weekdays::from_names(requirement.days_of_week.iter().map(String::as_str)) {
        Ok(days) => settings.autostop_days = i16::from(days.bits()),
        Err(name) => bad_day(error, "autostop_requirement.days_of_week", &name),
    }
    match requirement.weeks {
        0 => settings.autostop_weeks = 1,
        weeks @ 1..=MAX_WEEKS => settings.autostop_weeks = weeks,
        _ => error.validations.push(ValidationError {
            field: "autostop_requirement.weeks".to_owned(),
            detail: format!("Must be between 1 and {MAX_WEEKS}."),
        }),
    }
}

fn bad_day(error: &mut Error, field: &str, name: &str) {
    let detail = format!("invalid weekday {name:?}");
    error.validations.push(ValidationError { field: field.to_owned(), detail });
}

/// Makes a version of the template the active one.
///
/// # Errors
/// 400 for a version of another template or an archived one, 403 for an import that did not succeed, 404.
pub async fn activate_version(cx: &Cx, id: Uuid, version_id: Uuid) -> Result<Response> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    let missing = || Error::new(404, "Template version not found.");
    let version = versions::find_version(&conn, version_id).await?.ok_or_else(missing)?;
    let version = version.system("checked against the template that the caller may update");
    if version.template_id != Some(id) {
        return Err(Error::invalid("The provided template version doesn't belong to the specified template."));
    }
    if version.job_status != "succeeded" {
        return Err(Error::forbidden_because("Only versions that have been built successfully can be promoted.")
            .detail(format!("Attempted to promote a version with a {} build", version.job_status)));
    }
    if version.archived {
        return Err(Error::invalid("The provided template version is archived."));
    }
    drop(conn);
    let before = view::template(row);
    let (cx, at) = (cx.clone(), now(cx));
    let db = cx.db().clone();
    db.tx(|tx| async move {
        templates::update_active_version(&tx, id, at, version_id).await?;
        let after = view::template(reload(&tx, id).await?);
        cx.audit(&tx, "write", &target(&after), Change::updated(&before, &after)).await?;
        Ok::<_, Error>(())
    })
    .await?;
    Ok(Response { message: "Updated the active template version!".into(), ..Default::default() })
}

/// Hides a template that no workspace uses any more.
///
/// # Errors
/// 400 while workspaces use it, 403, 404.
pub async fn delete_template(cx: &Cx, id: Uuid) -> Result<Response> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Delete).await?;
    if templates::count_template_workspaces(&conn, id, PREBUILDS_USER).await? > 0 {
        return Err(Error::invalid("All workspaces must be deleted before a template can be removed."));
    }
    drop(conn);
    let before = view::template(row);
    let (cx, at) = (cx.clone(), now(cx));
    let db = cx.db().clone();
    db.tx(|tx| async move {
        templates::delete_template(&tx, id, at).await?;
        let target: Target = target(&before);
        cx.audit(&tx, "delete", &target, Change::deleted(&before)).await?;
        Ok::<_, Error>(())
    })
    .await?;
    Ok(Response { message: "Template has been deleted!".into(), ..Default::default() })
}
