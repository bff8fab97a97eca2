-- Running jobs without a sign of life since $1. More than a thousand are no restart's business; the reaper ends them.
SELECT id, worker_id
FROM provisioner_jobs
WHERE started_at IS NOT NULL AND completed_at IS NULL AND worker_id IS NOT NULL AND updated_at < $1
ORDER BY created_at
LIMIT 1000
