-- $1 job, $2 now, $3 state or null
UPDATE workspace_builds
SET updated_at = $2, provisioner_state = coalesce($3, provisioner_state)
WHERE job_id = $1
