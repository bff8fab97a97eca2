-- $1 organization, $2 ids or null, $3 tags or null, $4 limit
SELECT d.id, d.created_at, d.organization_id, d.key_id, d.name, d.provisioners, d.tags, d.last_seen_at, d.version,
    d.api_version, k.name AS key_name,
    cur.id AS current_job_id, cur.status AS current_job_status,
    ct.name AS current_template_name, ct.display_name AS current_template_display_name, ct.icon AS current_template_icon,
    prev.id AS previous_job_id, prev.status AS previous_job_status,
    pt.name AS previous_template_name, pt.display_name AS previous_template_display_name, pt.icon AS previous_template_icon
FROM provisioner_daemons d
LEFT JOIN provisioner_keys k ON k.id = d.key_id
LEFT JOIN LATERAL (
    SELECT id, status, input FROM provisioner_jobs
    WHERE worker_id = d.id AND completed_at IS NULL ORDER BY created_at DESC LIMIT 1
) cur ON true
LEFT JOIN LATERAL (
    SELECT id, status, input FROM provisioner_jobs
    WHERE worker_id = d.id AND completed_at IS NOT NULL ORDER BY created_at DESC LIMIT 1
) prev ON true
LEFT JOIN workspace_builds cb ON cb.job_id = cur.id
LEFT JOIN template_versions cv ON cv.id = coalesce(cb.template_version_id, (cur.input ->> 'template_version_id')::uuid)
LEFT JOIN templates ct ON ct.id = cv.template_id
LEFT JOIN workspace_builds pb ON pb.job_id = prev.id
LEFT JOIN template_versions pv ON pv.id = coalesce(pb.template_version_id, (prev.input ->> 'template_version_id')::uuid)
LEFT JOIN templates pt ON pt.id = pv.template_id
WHERE d.organization_id = $1
    AND ($2::uuid[] IS NULL OR d.id = ANY ($2))
    AND ($3::jsonb IS NULL OR d.tags @> $3)
ORDER BY d.created_at, d.name
LIMIT $4
