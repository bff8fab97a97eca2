-- A job that nobody has taken is complete at once. $1 id, $2 now
UPDATE provisioner_jobs
SET canceled_at = $2, completed_at = CASE WHEN worker_id IS NULL THEN $2 ELSE completed_at END, updated_at = $2
WHERE id = $1 AND completed_at IS NULL AND canceled_at IS NULL
RETURNING completed_at IS NOT NULL AS complete
