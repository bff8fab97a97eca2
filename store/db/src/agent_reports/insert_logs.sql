-- $1 agent, $2 source, $3 time, $4 levels, $5 lines; answers the ids in order
INSERT INTO workspace_agent_logs (agent_id, created_at, level, log_source_id, output)
SELECT $1, $3, line.level, $2, line.output
FROM unnest($4::text[], $5::text[]) WITH ORDINALITY AS line (level, output, position)
ORDER BY line.position
RETURNING id
