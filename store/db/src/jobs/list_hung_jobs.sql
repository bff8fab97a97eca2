-- $1 pending before, $2 running before
SELECT id
FROM provisioner_jobs
WHERE completed_at IS NULL
    AND ((started_at IS NULL AND updated_at < $1) OR (started_at IS NOT NULL AND updated_at < $2))
ORDER BY random()
LIMIT 10
