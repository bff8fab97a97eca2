-- $1 agent, $2 state, $3 changed at
UPDATE workspace_agents
SET lifecycle_state = $2,
    started_at = CASE
        WHEN $2 = 'starting' THEN $3
        WHEN $2 IN ('ready', 'start_timeout', 'start_error') THEN COALESCE(started_at, $3)
        ELSE started_at
    END,
    ready_at = CASE
        WHEN $2 = 'starting' THEN NULL
        WHEN $2 IN ('ready', 'start_timeout', 'start_error') THEN $3
        ELSE ready_at
    END,
    updated_at = now()
WHERE id = $1
