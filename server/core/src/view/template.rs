//! Templates.

use warren_api::{
    CorsBehavior, Template, TemplateAutostartRequirement, TemplateAutostopRequirement, TransitionStats,
    WorkspaceAgentPortShareLevel,
};
use warren_db::templates::TemplateRow;
use warren_schedule::Weekdays;

/// A template.
pub(crate) fn template(row: TemplateRow) -> Template {
    Template {
        active_user_count: 0,
        active_version_id: row.active_version_id,
        activity_bump_ms: row.activity_bump_ms,
        agents_allowed: row.agents_allowed,
        allow_user_autostart: row.allow_user_autostart,
        allow_user_autostop: row.allow_user_autostop,
        allow_user_cancel_workspace_jobs: row.allow_user_cancel_workspace_jobs,
        autostart_requirement: TemplateAutostartRequirement { days_of_week: days(row.autostart_days) },
        autostop_requirement: TemplateAutostopRequirement {
            days_of_week: days(row.autostop_days),
            weeks: row.autostop_weeks,
        },
        build_time_stats: ["start", "stop", "delete"]
            .into_iter()
            .map(|transition| (transition.to_owned(), TransitionStats::default()))
            .collect(),
        cors_behavior: CorsBehavior::parse(&row.cors_behavior),
        created_at: row.created_at,
        created_by_id: row.created_by,
        created_by_name: row.created_by_name,
        default_ttl_ms: row.default_ttl_ms,
        deleted: row.deleted,
        deprecated: !row.deprecation_message.is_empty(),
        deprecation_message: row.deprecation_message,
        description: row.description,
        disable_module_cache: row.disable_module_cache,
        display_name: row.display_name,
        failure_ttl_ms: row.failure_ttl_ms,
        icon: row.icon,
        id: row.id,
        max_port_share_level: WorkspaceAgentPortShareLevel::parse(&row.max_port_share_level),
        name: row.name,
        organization_display_name: row.organization_display_name,
        organization_icon: row.organization_icon,
        organization_id: row.organization_id,
        organization_name: row.organization_name,
        provisioner: row.provisioner,
        require_active_version: row.require_active_version,
        time_til_autostop_notify_ms: row.time_til_autostop_notify_ms,
        time_til_dormant_autodelete_ms: row.time_til_dormant_autodelete_ms,
        time_til_dormant_ms: row.time_til_dormant_ms,
        updated_at: row.updated_at,
        use_classic_parameter_flow: row.use_classic_parameter_flow,
    }
}

fn days(bits: i16) -> Vec<String> {
    Weekdays::from_bits(u8::try_from(bits & 0x7f).unwrap_or_default()).names().map(str::to_owned).collect()
}
