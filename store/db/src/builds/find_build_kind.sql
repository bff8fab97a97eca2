-- $1 job
SELECT transition, reason FROM workspace_builds WHERE job_id = $1
