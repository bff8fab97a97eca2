-- $1 job
SELECT * FROM template_version_details WHERE job_id = $1
