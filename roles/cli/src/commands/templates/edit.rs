//! `templates edit`: what is not given stays as it is.

use anyhow::{Context, Result};
use jiff::Timestamp;
use warren_api::{TemplateAutostartRequirement, TemplateAutostopRequirement, UpdateTemplateMeta};

use crate::commands::{ORG, YES};
use crate::frame::{Args, Command, Cx, Opt};
use crate::output::human;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

pub static COMMAND: Command = Command::new("edit", "Edit the settings of a template.")
    .usage("<template>", Args::Exactly(1))
    .options(&[&[
        Opt::text("name", "Name."),
        Opt::text("display-name", "Name that people see."),
        Opt::text("description", "Description."),
        Opt::text("deprecated", "Message that marks the template as deprecated; empty lifts it."),
        Opt::text("icon", "Path or URL of the icon."),
        Opt::duration("default-ttl", "How long after a start workspaces stop by themselves."),
        Opt::duration("activity-bump", "How far activity moves the stop."),
        Opt::duration("autostop-reminder", "How long before the stop to remind the user; 0 means not at all."),
        Opt::choices(
            "autostart-requirement-weekdays",
            &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "all"],
            "Days on which workspaces may start by themselves.",
        ),
        Opt::choices(
            "autostop-requirement-weekdays",
            &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "none"],
            "Days on which workspaces must stop.",
        ),
        Opt::int("autostop-requirement-weeks", "Every how many weeks workspaces must stop."),
        Opt::duration("failure-ttl", "How long after a failed start to stop; 0 means never.").default("0h"),
        Opt::duration("dormancy-threshold", "How long without use until a workspace is dormant; 0 means never.")
            .default("0h"),
        Opt::duration("dormancy-auto-deletion", "How long dormant until a workspace is deleted; 0 means never.")
            .default("0h"),
        Opt::flag("agents-allowed", "Accepted for compatibility.").default("true"),
        Opt::flag("allow-user-cancel-workspace-jobs", "Users may cancel builds.").default("true"),
        Opt::flag("allow-user-autostart", "Users may choose when workspaces start.").default("true"),
        Opt::flag("allow-user-autostop", "Users may choose when workspaces stop.").default("true"),
        Opt::flag("require-active-version", "Users may build the active version only.").default("false"),
        Opt::flag("private", "Take the template from the group of everyone.").default("false"),
        YES,
        ORG,
    ]])
    .run(crate::action!(run));

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let organization = cx.organization().await?;
    let template = client.template_by_name(organization.id, cx.arg(0)).await.context("get workspace template")?;
    cx.confirm("Confirm edit of template metadata?", true).await?;
    let request = changes(cx);
    client.update_template(template.id, &request).await.context("update template metadata")?;
    outln!("Updated template metadata at {}!", human::stamp(Timestamp::now()));
    Ok(())
}

fn changes(cx: &Cx) -> UpdateTemplateMeta {
    let opts = &cx.opts;
    let text = |name: &str| opts.given(name).then(|| opts.text(name).unwrap_or_default().to_owned());
    let flag = |name: &str| opts.given(name).then(|| opts.flag(name));
    let ms = |name: &str| {
        opts.given(name).then(|| i64::try_from(opts.duration(name).unwrap_or_default().as_millis()).unwrap_or(i64::MAX))
    };
    let autostart_requirement = opts.given("autostart-requirement-weekdays").then(|| {
        let list = opts.list("autostart-requirement-weekdays");
        let all = list.iter().any(|day| day == "all");
        let days_of_week = if all { DAYS.iter().map(|day| (*day).to_owned()).collect() } else { list.to_vec() };
        TemplateAutostartRequirement { days_of_week }
    });
    let asks_stop = opts.given("autostop-requirement-weekdays") || opts.given("autostop-requirement-weeks");
    let autostop_requirement = asks_stop.then(|| {
        let list = opts.list("autostop-requirement-weekdays");
        let none = list.iter().any(|day| day == "none");
        TemplateAutostopRequirement {
            days_of_week: if none { Vec::new() } else { list.to_vec() },
            weeks: opts.int("autostop-requirement-weeks"),
        }
    });
    UpdateTemplateMeta {
        name: text("name"),
        display_name: text("display-name"),
        description: text("description"),
        deprecation_message: text("deprecated"),
        icon: text("icon"),
        default_ttl_ms: ms("default-ttl"),
        activity_bump_ms: ms("activity-bump"),
        time_til_autostop_notify_ms: ms("autostop-reminder"),
        autostart_requirement,
        autostop_requirement,
        failure_ttl_ms: ms("failure-ttl"),
        time_til_dormant_ms: ms("dormancy-threshold"),
        time_til_dormant_autodelete_ms: ms("dormancy-auto-deletion"),
        agents_allowed: flag("agents-allowed"),
        allow_user_cancel_workspace_jobs: flag("allow-user-cancel-workspace-jobs"),
        allow_user_autostart: flag("allow-user-autostart"),
        allow_user_autostop: flag("allow-user-autostop"),
        require_active_version: flag("require-active-version"),
        disable_everyone_group_access: flag("private"),
        ..Default::default()
    }
}
