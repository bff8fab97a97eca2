-- Which of these agents may be connected: the rule of find_agent_by_token. $1 agents
SELECT a.id
FROM workspace_agents a
JOIN workspaces w ON w.id = a.workspace_id
JOIN workspace_builds b ON b.id = a.build_id
JOIN provisioner_jobs j ON j.id = b.job_id
JOIN workspace_builds latest ON latest.id = w.latest_build_id
JOIN provisioner_jobs latest_job ON latest_job.id = latest.job_id
WHERE a.id = ANY ($1::uuid[])
    AND NOT a.deleted
    AND NOT w.deleted
    AND (
        latest.id = b.id
        OR (latest.build_number = b.build_number + 1 AND latest.transition = 'stop' AND latest_job.completed_at IS NULL
            AND b.transition = 'start' AND j.status = 'succeeded')
    )
