-- Takes the next job that this daemon may run. People go before the prebuilds user.
-- $1 now, $2 worker, $3 organization, $4 provisioner types, $5 tags of the daemon, $6 prebuilds user
UPDATE provisioner_jobs
SET started_at = $1, updated_at = $1, worker_id = $2
WHERE id = (
    SELECT id
    FROM provisioner_jobs
    WHERE organization_id = $3
        AND started_at IS NULL
        AND completed_at IS NULL
        AND provisioner = ANY ($4::text[])
        AND CASE
            WHEN tags = '{"scope": "organization", "owner": ""}'::jsonb THEN tags = $5::jsonb
            ELSE tags <@ $5::jsonb
        END
    ORDER BY initiator_id = $6, created_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, created_at, updated_at, started_at, canceled_at, completed_at, error, error_code, organization_id,
    initiator_id, provisioner, file_id, type, input, worker_id, tags, logs_overflowed, status
