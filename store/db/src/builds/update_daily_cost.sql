-- $1 build of this job, $2 cost
UPDATE workspace_builds SET daily_cost = $2 WHERE job_id = $1
