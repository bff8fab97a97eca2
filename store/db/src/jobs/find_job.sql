-- $1 id
SELECT id, created_at, updated_at, started_at, canceled_at, completed_at, error, error_code, organization_id,
    initiator_id, provisioner, file_id, type, input, worker_id, tags, logs_overflowed, status
FROM provisioner_jobs
WHERE id = $1
