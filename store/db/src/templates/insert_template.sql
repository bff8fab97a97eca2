-- $1 id, $2 now, $3 organization, $4 creator, $5 name, $6 display name, $7 description, $8 icon, $9 provisioner,
-- $10 active version, $11 settings as an object with the names of the columns, $12 group acl
INSERT INTO templates
    (id, created_at, updated_at, organization_id, created_by, name, display_name, description, icon, provisioner,
    active_version_id, group_acl, default_ttl_ms, activity_bump_ms, allow_user_autostart, allow_user_autostop,
    allow_user_cancel_workspace_jobs, autostart_days, autostop_days, autostop_weeks, failure_ttl_ms,
    time_til_dormant_ms, time_til_dormant_autodelete_ms, time_til_autostop_notify_ms, require_active_version,
    max_port_share_level, cors_behavior, use_classic_parameter_flow, disable_module_cache, agents_allowed)
SELECT $1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12, s.*
FROM jsonb_to_record($11::jsonb) AS s (default_ttl_ms bigint, activity_bump_ms bigint, allow_user_autostart boolean,
    allow_user_autostop boolean, allow_user_cancel_workspace_jobs boolean, autostart_days smallint,
    autostop_days smallint, autostop_weeks bigint, failure_ttl_ms bigint, time_til_dormant_ms bigint,
    time_til_dormant_autodelete_ms bigint, time_til_autostop_notify_ms bigint, require_active_version boolean,
    max_port_share_level text, cors_behavior text, use_classic_parameter_flow boolean, disable_module_cache boolean,
    agents_allowed boolean)
