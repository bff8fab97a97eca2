//! `list`: workspaces and their state.

use anyhow::{Context, Result};
use jiff::Timestamp;
use warren_api::{ProvisionerJobStatus as Job, Workspace, WorkspaceTransition as Transition};

use crate::commands::{OUTPUT, columns, print_list};
use crate::frame::{Command, Cx, Opt};
use crate::output::human;
use crate::output::table::Column;

pub const WORKSPACE_COLUMNS: &[&str] = &[
    "favorite",
    "workspace",
    "organization id",
    "organization name",
    "template",
    "status",
    "healthy",
    "last built",
    "current version",
    "outdated",
    "starts at",
    "starts next",
    "stops after",
    "stops next",
    "daily cost",
];

pub static COMMAND: Command = Command::new("list", "List workspaces.")
    .aliases(&["ls"])
    .options(&[&[
        Opt::flag("all", "List all workspaces that you may see.").short('a'),
        Opt::text("search", "Query to search for.").default("owner:me"),
        Opt::flag("shared-with-me", "List workspaces that others share with you.").hidden(),
        columns(
            WORKSPACE_COLUMNS,
            "workspace,template,status,healthy,last built,current version,outdated,starts at,stops after",
        ),
        OUTPUT,
    ]])
    .run(crate::action!(run));

pub const COLUMNS: &[Column<Workspace>] = &[
    Column::new("favorite", |w| w.favorite.to_string()),
    Column::new("workspace", |w| format!("{} {}/{}", if w.favorite { "★" } else { " " }, w.owner_name, w.name)),
    Column::new("organization id", |w| w.organization_id.to_string()),
    Column::new("organization name", |w| w.organization_name.clone()),
    Column::new("template", |w| w.template_name.clone()),
    Column::new("status", |w| status(w).into()),
    Column::new("healthy", |w| {
        if matches!(status(w), "Starting" | "Started") { w.health.healthy.to_string() } else { String::new() }
    }),
    Column::new("last built", |w| human::duration(Timestamp::now().duration_since(w.latest_build.job.created_at))),
    Column::new("current version", |w| w.latest_build.template_version_name.clone()),
    Column::new("outdated", |w| w.outdated.to_string()),
    Column::new("starts at", |w| {
        w.autostart_schedule.as_deref().filter(|s| !s.is_empty()).map(human::schedule).unwrap_or_default()
    }),
    Column::new("starts next", next_start),
    Column::new("stops after", |w| match w.ttl_ms {
        Some(ms) if ms > 0 => human::duration_ms(ms),
        _ => String::new(),
    }),
    Column::new("stops next", next_stop),
    Column::new("daily cost", |w| w.latest_build.daily_cost.to_string()),
];

/// When the workspace starts by itself, as a local time.
pub fn next_start(workspace: &Workspace) -> String {
    if workspace.autostart_schedule.as_deref().is_none_or(str::is_empty) {
        return String::new();
    }
    workspace.next_start_at.map(human::time).unwrap_or_default()
}

/// When the running workspace stops by itself.
pub fn next_stop(workspace: &Workspace) -> String {
    let build = &workspace.latest_build;
    let running = build.transition == Transition::Start;
    match build.deadline.filter(|deadline| running && *deadline > warren_api::zero_time()) {
        Some(deadline) if deadline > Timestamp::now() => {
            format!("{} (in {})", human::time(deadline), human::duration(deadline.duration_since(Timestamp::now())))
        }
        Some(deadline) => human::time(deadline),
        None => String::new(),
    }
}

/// The state in one word, from the transition and its job.
pub fn status(workspace: &Workspace) -> &'static str {
    let build = &workspace.latest_build;
    match build.job.status {
        Job::Failed => "Failed",
        Job::Canceled => "Canceled",
        Job::Canceling => "Canceling",
        Job::Pending => "Pending",
        Job::Running => match build.transition {
            Transition::Start => "Starting",
            Transition::Stop => "Stopping",
            Transition::Delete => "Deleting",
            Transition::Unset => "Unknown",
        },
        Job::Succeeded => match build.transition {
            Transition::Start => "Started",
            Transition::Stop => "Stopped",
            Transition::Delete => "Deleted",
            Transition::Unset => "Unknown",
        },
        _ => "Unknown",
    }
}

async fn run(cx: &Cx) -> Result<()> {
    let client = cx.client()?;
    let query = if cx.opts.flag("shared-with-me") {
        "shared_with_user:me"
    } else if cx.opts.flag("all") && !cx.opts.given("search") {
        ""
    } else {
        cx.opts.text("search").unwrap_or_default()
    };
    let mut found = client.workspaces(query).await.context("query workspaces")?.workspaces;
    found.sort_by(|a, b| (!a.favorite, &a.owner_name, &a.name).cmp(&(!b.favorite, &b.owner_name, &b.name)));
    let empty = format!("  No workspaces found! Create one:\n\n  {} create <name>\n", cx.program.name);
    print_list(cx, COLUMNS, &found, &found, &empty)
}
