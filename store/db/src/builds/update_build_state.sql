-- $1 build, $2 now, $3 state
UPDATE workspace_builds SET updated_at = $2, provisioner_state = $3 WHERE id = $1
