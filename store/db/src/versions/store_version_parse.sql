-- $1 job of the import, $2 now, $3 readme, $4 variables or null, $5 workspace tags or null
UPDATE template_versions
SET updated_at = $2,
    readme = CASE WHEN $3 = '' THEN readme ELSE $3 END,
    variables = coalesce($4::jsonb, variables),
    workspace_tags = coalesce($5::jsonb, workspace_tags)
WHERE job_id = $1
