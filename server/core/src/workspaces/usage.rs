//! Reports of use by clients: they keep a workspace awake.

use jiff::SignedDuration;
use uuid::Uuid;
use warren_api::{PostWorkspaceUsageRequest, UsageAppName};
use warren_builds::WorkspaceEvent;
use warren_db::workspaces::{self, WorkspaceRow};
use warren_db::{builds, resources, templates};
use warren_rbac::Action;
use warren_schedule::{Autostart, Bump, Cron, Deadlines, Weekdays};

use super::load;
use crate::{Cx, Error, Result};

/// Notes the use of a workspace, and moves its deadline if a session is named.
///
/// # Errors
/// 400 for half a report, 404.
pub async fn post_usage(cx: &Cx, id: Uuid, request: Option<PostWorkspaceUsageRequest>) -> Result<()> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Update).await?;
    let request = request.unwrap_or_default();
    let named = request.app_name != UsageAppName::Unset;
    if cx.services.config.experiments.iter().any(|name| name == "workspace-usage") {
        let invalid = |field: &str, detail: &str| Error::invalid("Invalid request").validation(field, detail);
        match (request.agent_id.is_nil(), named) {
            (true, true) => return Err(invalid("agent_id", "must be set when app_name is set")),
            (false, false) => {
                return Err(invalid("app_name", "must be one of [vscode jetbrains reconnecting-pty ssh]"));
            }
            (false, true) => {
                let rows = resources::list_resources(&conn, &[row.job_id]).await?;
                if !rows.iter().any(|resource| resource.agent_id == Some(request.agent_id)) {
                    return Err(Error::not_found());
                }
            }
            (true, false) => {}
        }
    }
    workspaces::touch_workspaces(&conn, &[id], cx.services.now()).await?;
    if named {
        bump(cx, &conn, &row).await?;
    }
    Ok(())
}

/// Moves the deadline of a started workspace as its template allows.
pub(crate) async fn bump(cx: &Cx, q: &impl warren_db::Querier, row: &WorkspaceRow) -> Result<()> {
    if row.transition != "start" || row.job_completed_at.is_none() || row.deadline.is_none() {
        return Ok(());
    }
    let template = templates::find_template(q, row.template_id).await?.ok_or_else(Error::not_found)?;
    let template = template.system("the settings of the workspace's own template");
    let cron = row.autostart_schedule.as_deref().filter(|_| template.allow_user_autostart);
    let cron = cron.and_then(|text| Cron::weekly(text).ok());
    let days = Weekdays::from_bits(u8::try_from(template.autostart_days & 0x7f).unwrap_or_default());
    let rules = Bump {
        deadlines: Deadlines { deadline: row.deadline, max_deadline: row.max_deadline },
        interval: SignedDuration::from_millis(template.activity_bump_ms),
        ttl: SignedDuration::from_millis(row.ttl_ms.unwrap_or_default()),
        autostart: cron.as_ref().map(|cron| Autostart { cron, days }),
    };
    let now = cx.services.now();
    if let Some(deadline) = rules.next_deadline(now) {
        builds::update_deadline(q, row.build_id, now, Some(deadline), row.max_deadline).await?;
        WorkspaceEvent::state(row.id).publish(&cx.services.bus, row.owner_id);
    }
    Ok(())
}
