-- What a heartbeat needs to know. $1 id
SELECT worker_id, started_at, canceled_at, completed_at, updated_at, logs_length, logs_overflowed
FROM provisioner_jobs
WHERE id = $1
