-- $1 id, $2 now
UPDATE workspaces SET deleted = true, updated_at = $2, next_start_at = NULL WHERE id = $1
