SELECT
    CASE j.status
        WHEN 'running' THEN CASE b.transition WHEN 'start' THEN 'starting' ELSE 'stopping' END
        WHEN 'succeeded' THEN CASE b.transition WHEN 'start' THEN 'running' ELSE 'stopped' END
        ELSE j.status
    END AS status,
    count(*) AS count
FROM workspaces w
JOIN workspace_builds b ON b.id = w.latest_build_id
JOIN provisioner_jobs j ON j.id = b.job_id
WHERE NOT w.deleted
GROUP BY 1
