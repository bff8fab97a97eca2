-- Adds to the length of an agent's output unless that would pass the limit; no row: it would, or did before.
-- $1 agent, $2 bytes, $3 limit
UPDATE workspace_agents
SET logs_length = logs_length + $2
WHERE id = $1 AND NOT logs_overflowed AND logs_length + $2 <= $3
RETURNING logs_length
