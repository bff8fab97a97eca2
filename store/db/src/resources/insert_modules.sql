-- $1 rows as a JSON list
INSERT INTO workspace_modules (id, created_at, job_id, transition, source, version, key)
SELECT m.id, m.created_at, m.job_id, m.transition, m.source, m.version, m.key
FROM jsonb_to_recordset($1::jsonb)
    AS m (id uuid, created_at timestamptz, job_id uuid, transition text, source text, version text, key text)
