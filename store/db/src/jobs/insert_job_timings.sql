-- $1 job, $2 starts, $3 ends, $4 stages, $5 sources, $6 actions, $7 resources
INSERT INTO provisioner_job_timings (job_id, started_at, ended_at, stage, source, action, resource)
SELECT $1, t.* FROM unnest($2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[]) AS t
