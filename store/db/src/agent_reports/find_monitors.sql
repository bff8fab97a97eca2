-- $1 agent
SELECT resource_monitors FROM workspace_agents WHERE id = $1
