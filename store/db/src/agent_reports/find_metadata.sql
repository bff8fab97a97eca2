-- $1 agent
SELECT metadata FROM workspace_agents WHERE id = $1 AND NOT deleted
