-- $1 id, $2 next start or null
UPDATE workspaces SET next_start_at = $2 WHERE id = $1
