-- $1 id, $2 now, $3 version
UPDATE templates SET updated_at = $2, active_version_id = $3 WHERE id = $1
