-- Never the active version, never one that a live workspace uses. $1 template, $2 now, $3 ids or null, $4 failed only
UPDATE template_versions v
SET archived = true, updated_at = $2
FROM templates t, provisioner_jobs j
WHERE v.template_id = $1 AND t.id = v.template_id AND j.id = v.job_id
    AND NOT v.archived
    AND v.id <> t.active_version_id
    AND ($3::uuid[] IS NULL OR v.id = ANY ($3))
    AND (NOT $4 OR j.status = 'failed')
    AND j.completed_at IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM workspaces w JOIN workspace_builds b ON b.id = w.latest_build_id
        WHERE b.template_version_id = v.id AND NOT w.deleted
    )
RETURNING v.id
