-- Pages of 1,000 lines. $1 job, $2 after
SELECT id, created_at, source, level, stage, output
FROM provisioner_job_logs
WHERE job_id = $1 AND id > $2
ORDER BY id
LIMIT 1000
