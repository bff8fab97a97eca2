-- An agent connected. $1 agent, $2 now
UPDATE workspace_agents
SET first_connected_at = COALESCE(first_connected_at, $2), last_connected_at = $2, updated_at = now()
WHERE id = $1
RETURNING first_connected_at
