-- Stores lines and counts their bytes in one statement; answers the lowest and the highest new id.
-- $1 job, $2 now, $3 times, $4 sources, $5 levels, $6 stages, $7 outputs, $8 bytes, $9 overflowed
WITH counted AS (
    UPDATE provisioner_jobs
    SET logs_length = logs_length + $8, logs_overflowed = logs_overflowed OR $9, updated_at = $2
    WHERE id = $1
), lines AS (
    INSERT INTO provisioner_job_logs (job_id, created_at, source, level, stage, output)
    SELECT $1, line.created_at, line.source, line.level, line.stage, line.output
    FROM unnest($3::timestamptz[], $4::smallint[], $5::smallint[], $6::text[], $7::text[])
        WITH ORDINALITY AS line (created_at, source, level, stage, output, position)
    ORDER BY line.position
    RETURNING id
)
SELECT min(id) AS first, max(id) AS last FROM lines
