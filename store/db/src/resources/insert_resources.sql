-- $1 rows as a JSON list of objects with the names of the columns
INSERT INTO workspace_resources
    (id, created_at, job_id, transition, type, name, hide, icon, instance_type, daily_cost, module_path, metadata)
SELECT r.id, r.created_at, r.job_id, r.transition, r.type, r.name, r.hide, r.icon, r.instance_type, r.daily_cost,
    r.module_path, r.metadata
FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, created_at timestamptz, job_id uuid, transition text, type text,
    name text, hide boolean, icon text, instance_type text, daily_cost integer, module_path text, metadata jsonb)
