-- $1 agent
SELECT * FROM workspace_details WHERE id = (SELECT workspace_id FROM workspace_agents WHERE id = $1)
