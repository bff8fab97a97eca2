-- Stores lines of one source unless the agent's output would become too long; one round trip for both. `length` is null
-- when it would, or did before.
-- $1 agent, $2 source, $3 time, $4 levels, $5 lines, $6 bytes of the lines, $7 limit
WITH reserved AS (
    UPDATE workspace_agents
    SET logs_length = logs_length + $6
    WHERE id = $1 AND NOT logs_overflowed AND logs_length + $6 <= $7
    RETURNING logs_length
), inserted AS (
    INSERT INTO workspace_agent_logs (agent_id, created_at, level, log_source_id, output)
    SELECT $1, $3, line.level, $2, line.output
    FROM reserved, unnest($4::text[], $5::text[]) WITH ORDINALITY AS line (level, output, position)
    ORDER BY line.position
    RETURNING id
)
SELECT (SELECT logs_length FROM reserved) AS length, (SELECT min(id) FROM inserted) AS first_id
