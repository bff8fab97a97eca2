-- $1 agent
SELECT id, healthcheck_url, health FROM workspace_apps WHERE agent_id = $1
