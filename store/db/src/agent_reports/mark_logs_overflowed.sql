-- $1 agent
UPDATE workspace_agents SET logs_overflowed = true WHERE id = $1
