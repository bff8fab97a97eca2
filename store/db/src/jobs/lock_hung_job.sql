-- $1 id, $2 pending before, $3 running before
SELECT id, created_at, updated_at, started_at, canceled_at, completed_at, error, error_code, organization_id,
    initiator_id, provisioner, file_id, type, input, worker_id, tags, logs_overflowed, status
FROM provisioner_jobs
WHERE id = $1 AND completed_at IS NULL
    AND ((started_at IS NULL AND updated_at < $2) OR (started_at IS NOT NULL AND updated_at < $3))
FOR UPDATE SKIP LOCKED
