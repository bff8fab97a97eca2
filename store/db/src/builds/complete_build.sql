-- $1 job, $2 now, $3 state, $4 deadline or null, $5 maximum or null, $6 has external agent
UPDATE workspace_builds
SET updated_at = $2, provisioner_state = $3, deadline = $4, max_deadline = $5, has_external_agent = $6
WHERE job_id = $1
