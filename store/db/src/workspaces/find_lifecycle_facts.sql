-- $1 workspace
SELECT w.id, w.owner_id, w.organization_id, w.template_id, w.name, w.autostart_schedule, w.ttl_ms, w.automatic_updates,
    w.last_used_at, w.dormant_at, w.deleting_at, w.next_start_at, w.deleted,
    u.status AS owner_status,
    t.active_version_id, t.allow_user_autostart, t.autostart_days, t.failure_ttl_ms, t.time_til_dormant_ms,
    t.time_til_dormant_autodelete_ms, t.require_active_version,
    b.id AS build_id, b.transition, b.created_at AS build_created_at, b.deadline, b.template_version_id,
    j.status AS job_status, j.completed_at AS job_completed_at
FROM workspaces w
JOIN users u ON u.id = w.owner_id
JOIN templates t ON t.id = w.template_id
JOIN workspace_builds b ON b.id = w.latest_build_id
JOIN provisioner_jobs j ON j.id = b.job_id
WHERE w.id = $1
