-- $1 worker
SELECT id FROM provisioner_jobs WHERE worker_id = $1 AND completed_at IS NULL
