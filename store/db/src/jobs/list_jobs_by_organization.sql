-- $1 organization, $2 ids or null, $3 states or null, $4 tags or null, $5 initiator or null, $6 limit, $7 daemons seen since
WITH pending AS (
    SELECT id, rank() OVER (ORDER BY created_at) AS position, count(*) OVER () AS size
    FROM provisioner_jobs
    WHERE organization_id = $1 AND started_at IS NULL AND completed_at IS NULL
)
SELECT j.id, j.created_at, j.started_at, j.canceled_at, j.completed_at, j.error, j.error_code, j.organization_id,
    j.initiator_id, j.file_id, j.type, j.input, j.worker_id, j.tags, j.logs_overflowed, j.status,
    coalesce(d.name, '') AS worker_name,
    coalesce(p.position, 0) AS queue_position,
    CASE WHEN j.status IN ('pending', 'running') THEN (SELECT count(*) FROM pending) ELSE 0 END AS queue_size,
    CASE WHEN j.status = 'pending' THEN ARRAY(
        SELECT w.id FROM provisioner_daemons w
        WHERE w.organization_id = j.organization_id AND w.last_seen_at >= $7 AND j.provisioner = ANY (w.provisioners)
            AND CASE
                WHEN j.tags = '{"scope": "organization", "owner": ""}'::jsonb THEN j.tags = w.tags
                ELSE j.tags <@ w.tags
            END
    ) ELSE '{}' END AS available_workers,
    coalesce(v.name, '') AS template_version_name,
    t.id AS template_id,
    coalesce(t.name, '') AS template_name,
    coalesce(t.display_name, '') AS template_display_name,
    coalesce(t.icon, '') AS template_icon,
    w.id AS workspace_id,
    coalesce(w.name, '') AS workspace_name,
    coalesce(b.transition, '') AS transition
FROM provisioner_jobs j
LEFT JOIN provisioner_daemons d ON d.id = j.worker_id
LEFT JOIN pending p ON p.id = j.id
LEFT JOIN workspace_builds b ON b.job_id = j.id
LEFT JOIN workspaces w ON w.id = b.workspace_id
LEFT JOIN template_versions v ON v.id = coalesce(b.template_version_id, (j.input ->> 'template_version_id')::uuid)
LEFT JOIN templates t ON t.id = v.template_id
WHERE j.organization_id = $1
    AND ($2::uuid[] IS NULL OR j.id = ANY ($2))
    AND ($3::text[] IS NULL OR j.status = ANY ($3))
    AND ($4::jsonb IS NULL OR j.tags @> $4)
    AND ($5::uuid IS NULL OR j.initiator_id = $5)
ORDER BY j.created_at DESC
LIMIT $6
