-- Who uses each template, and how long its builds take. $1 since
SELECT t.id,
    coalesce(u.active_users, 0) AS active_users,
    coalesce(b.times, '{}'::jsonb) AS build_times
FROM templates t
LEFT JOIN (
    SELECT template_id, count(DISTINCT owner_id) AS active_users
    FROM workspaces
    WHERE NOT deleted AND last_used_at >= $1
    GROUP BY template_id
) u ON u.template_id = t.id
LEFT JOIN (
    SELECT template_id, jsonb_object_agg(transition, jsonb_build_array(p50, p95)) AS times
    FROM (
        SELECT v.template_id, b.transition,
            percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM j.completed_at - j.started_at) * 1000)::bigint AS p50,
            percentile_disc(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM j.completed_at - j.started_at) * 1000)::bigint AS p95
        FROM workspace_builds b
        JOIN provisioner_jobs j ON j.id = b.job_id
        JOIN template_versions v ON v.id = b.template_version_id
        WHERE j.status = 'succeeded' AND j.completed_at >= $1
        GROUP BY v.template_id, b.transition
    ) per_transition
    GROUP BY template_id
) b ON b.template_id = t.id
WHERE NOT t.deleted
