-- What a new build starts from: the workspace's latest build. $1 workspace
SELECT b.id, b.build_number, b.template_version_id, b.transition, b.parameters, b.template_version_preset_id,
    j.status AS job_status, j.completed_at AS job_completed_at
FROM workspaces w
JOIN workspace_builds b ON b.id = w.latest_build_id
JOIN provisioner_jobs j ON j.id = b.job_id
WHERE w.id = $1
