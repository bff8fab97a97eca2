-- $1 build, $2 now, $3 deadline or null, $4 maximum or null
UPDATE workspace_builds SET updated_at = $2, deadline = $3, max_deadline = $4 WHERE id = $1
