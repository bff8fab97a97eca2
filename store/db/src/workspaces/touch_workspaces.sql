-- $1 ids, $2 now
UPDATE workspaces SET last_used_at = $2 WHERE id = ANY ($1::uuid[]) AND last_used_at < $2
