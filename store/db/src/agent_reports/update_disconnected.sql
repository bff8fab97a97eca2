-- An agent's connection ended; nothing happens when another server has a newer one.
-- $1 agent, $2 begin of the connection, $3 last sign of life, $4 now
UPDATE workspace_agents
SET last_connected_at = $3, disconnected_at = $4, updated_at = now()
WHERE id = $1 AND last_connected_at <= $2
