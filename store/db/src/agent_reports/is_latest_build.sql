-- Whether the agent's build is the latest of its workspace. $1 agent
SELECT w.latest_build_id = a.build_id AND NOT w.deleted
FROM workspace_agents a
JOIN workspaces w ON w.id = a.workspace_id
WHERE a.id = $1
