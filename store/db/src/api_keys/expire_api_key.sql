-- $1: id, $2: now
UPDATE api_keys SET expires_at = least(expires_at, $2), updated_at = $2 WHERE id = $1
