-- $1 agent, $2 after this id, $3 at most
SELECT id, created_at, level, log_source_id, output
FROM workspace_agent_logs
WHERE agent_id = $1 AND id > $2
ORDER BY id
LIMIT $3
