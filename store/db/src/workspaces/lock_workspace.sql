-- $1 id
SELECT id FROM workspaces WHERE id = $1 FOR UPDATE
