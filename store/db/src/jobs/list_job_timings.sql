-- $1 job
SELECT job_id, started_at, ended_at, stage, source, action, resource
FROM provisioner_job_timings
WHERE job_id = $1
ORDER BY started_at, ended_at
