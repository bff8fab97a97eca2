-- An agent's connection ended. $1 agent, $2 last sign of life, $3 now
UPDATE workspace_agents
SET last_connected_at = GREATEST(last_connected_at, $2), disconnected_at = $3, updated_at = now()
WHERE id = $1
