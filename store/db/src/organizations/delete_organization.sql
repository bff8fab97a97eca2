-- $1: id, $2: now
UPDATE organizations SET deleted = true, updated_at = $2 WHERE id = $1 AND NOT is_default
