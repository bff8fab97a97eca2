-- The state so far of a build that is going on. $1 job, $2 now, $3 state
UPDATE workspace_builds SET updated_at = $2, provisioner_state = $3 WHERE job_id = $1
