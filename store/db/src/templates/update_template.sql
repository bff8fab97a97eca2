-- $1 id, $2 now, $3 name, $4 display name, $5 description, $6 icon, $7 deprecation message, $8 settings, $9 group acl
UPDATE templates t
SET updated_at = $2, name = $3, display_name = $4, description = $5, icon = $6, deprecation_message = $7,
    group_acl = $9,
    default_ttl_ms = s.default_ttl_ms, activity_bump_ms = s.activity_bump_ms,
    allow_user_autostart = s.allow_user_autostart, allow_user_autostop = s.allow_user_autostop,
    allow_user_cancel_workspace_jobs = s.allow_user_cancel_workspace_jobs, autostart_days = s.autostart_days,
    autostop_days = s.autostop_days, autostop_weeks = s.autostop_weeks, failure_ttl_ms = s.failure_ttl_ms,
    time_til_dormant_ms = s.time_til_dormant_ms, time_til_dormant_autodelete_ms = s.time_til_dormant_autodelete_ms,
    time_til_autostop_notify_ms = s.time_til_autostop_notify_ms, require_active_version = s.require_active_version,
    max_port_share_level = s.max_port_share_level, cors_behavior = s.cors_behavior,
    use_classic_parameter_flow = s.use_classic_parameter_flow, disable_module_cache = s.disable_module_cache,
    agents_allowed = s.agents_allowed
FROM jsonb_to_record($8::jsonb) AS s (default_ttl_ms bigint, activity_bump_ms bigint, allow_user_autostart boolean,
    allow_user_autostop boolean, allow_user_cancel_workspace_jobs boolean, autostart_days smallint,
    autostop_days smallint, autostop_weeks bigint, failure_ttl_ms bigint, time_til_dormant_ms bigint,
    time_til_dormant_autodelete_ms bigint, time_til_autostop_notify_ms bigint, require_active_version boolean,
    max_port_share_level text, cors_behavior text, use_classic_parameter_flow boolean, disable_module_cache boolean,
    agents_allowed boolean)
WHERE t.id = $1
