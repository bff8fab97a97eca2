-- The agent that a token authenticates: of the workspace's latest build; or of the start build before it, while the stop
-- build that follows is not complete, so that shutdown scripts can report.
-- $1 token
SELECT a.id, a.name, a.api_key_scope, a.workspace_id, a.build_id, w.owner_id, w.organization_id, w.template_id,
    b.template_version_id, w.name AS workspace_name
FROM workspace_agents a
JOIN workspaces w ON w.id = a.workspace_id
JOIN workspace_builds b ON b.id = a.build_id
JOIN provisioner_jobs j ON j.id = b.job_id
JOIN workspace_builds latest ON latest.id = w.latest_build_id
JOIN provisioner_jobs latest_job ON latest_job.id = latest.job_id
WHERE a.auth_token = $1
    AND NOT a.deleted
    AND NOT w.deleted
    AND (
        latest.id = b.id
        OR (latest.build_number = b.build_number + 1 AND latest.transition = 'stop' AND latest_job.completed_at IS NULL
            AND b.transition = 'start' AND j.status = 'succeeded')
    )
ORDER BY b.build_number DESC
LIMIT 1
