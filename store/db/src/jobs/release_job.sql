-- Back to the queue. $1 id, $2 worker that has it, $3 now
UPDATE provisioner_jobs
SET started_at = NULL, worker_id = NULL, updated_at = $3
WHERE id = $1 AND worker_id = $2 AND completed_at IS NULL AND canceled_at IS NULL
