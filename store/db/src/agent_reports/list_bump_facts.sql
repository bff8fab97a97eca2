-- What decides about prolonging the running builds of workspaces that were used. $1 workspaces
SELECT b.id AS build_id, w.id AS workspace_id, w.owner_id, b.deadline, b.max_deadline, w.ttl_ms, w.autostart_schedule,
    t.activity_bump_ms, t.default_ttl_ms, t.allow_user_autostart, t.allow_user_autostop, t.autostart_days
FROM workspaces w
JOIN workspace_builds b ON b.id = w.latest_build_id
JOIN provisioner_jobs j ON j.id = b.job_id
JOIN templates t ON t.id = w.template_id
WHERE w.id = ANY ($1::uuid[]) AND NOT w.deleted
    AND b.transition = 'start' AND j.status = 'succeeded' AND b.deadline IS NOT NULL AND t.activity_bump_ms > 0
    -- The user of prebuilt workspaces.
    AND w.owner_id <> 'c42fdf75-3097-471c-8c33-fb52454d81c0'
