-- What the completion of a job's build needs to know. $1 job
SELECT b.id AS build_id, b.transition, b.workspace_id, w.owner_id, w.autostart_schedule, w.ttl_ms,
    t.allow_user_autostart, t.allow_user_autostop, t.default_ttl_ms, t.autostart_days, t.autostop_days, t.autostop_weeks,
    u.quiet_hours_schedule
FROM workspace_builds b
JOIN workspaces w ON w.id = b.workspace_id
JOIN templates t ON t.id = w.template_id
JOIN users u ON u.id = w.owner_id
WHERE b.job_id = $1
