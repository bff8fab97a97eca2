-- Agents of older builds of the workspace. $1 workspace, $2 job of the new build
UPDATE workspace_agents SET deleted = true WHERE workspace_id = $1 AND job_id <> $2 AND NOT deleted
