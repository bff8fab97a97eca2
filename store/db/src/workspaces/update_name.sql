-- $1 id, $2 now, $3 name
UPDATE workspaces SET updated_at = $2, name = $3 WHERE id = $1
