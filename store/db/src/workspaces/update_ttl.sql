-- $1 id, $2 milliseconds or null
UPDATE workspaces SET ttl_ms = $2 WHERE id = $1
