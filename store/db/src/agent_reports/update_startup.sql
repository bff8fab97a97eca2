-- What an agent says of itself at every connection.
-- $1 agent, $2 version, $3 expanded directory, $4 subsystems, $5 api version
UPDATE workspace_agents
SET version = $2, expanded_directory = $3, subsystems = $4, api_version = $5, updated_at = now()
WHERE id = $1
