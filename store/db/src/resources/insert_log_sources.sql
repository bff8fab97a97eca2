-- $1 rows as a JSON list
INSERT INTO workspace_agent_log_sources (workspace_agent_id, id, created_at, display_name, icon)
SELECT s.workspace_agent_id, s.id, s.created_at, s.display_name, s.icon
FROM jsonb_to_recordset($1::jsonb)
    AS s (workspace_agent_id uuid, id uuid, created_at timestamptz, display_name text, icon text)
