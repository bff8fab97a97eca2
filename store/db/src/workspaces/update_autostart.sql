-- $1 id, $2 schedule or null, $3 next start or null
UPDATE workspaces SET autostart_schedule = $2, next_start_at = $3 WHERE id = $1
