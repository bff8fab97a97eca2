-- $1 id, $2 now, $3 error, $4 error code
UPDATE provisioner_jobs
SET completed_at = $2, updated_at = $2, error = $3, error_code = $4, started_at = coalesce(started_at, $2)
WHERE id = $1 AND completed_at IS NULL
