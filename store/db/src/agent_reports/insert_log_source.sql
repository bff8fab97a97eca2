-- $1 agent, $2 id, $3 now, $4 display name, $5 icon
INSERT INTO workspace_agent_log_sources (workspace_agent_id, id, created_at, display_name, icon)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (workspace_agent_id, id) DO UPDATE SET display_name = workspace_agent_log_sources.display_name
RETURNING workspace_agent_id, id, created_at, display_name, icon
