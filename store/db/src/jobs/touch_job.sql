-- $1 id, $2 now
UPDATE provisioner_jobs SET updated_at = $2 WHERE id = $1 AND completed_at IS NULL
