-- $1 job
SELECT * FROM workspace_build_details WHERE job_id = $1
