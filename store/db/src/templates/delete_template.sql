-- $1 id, $2 now
UPDATE templates SET updated_at = $2, deleted = true WHERE id = $1
