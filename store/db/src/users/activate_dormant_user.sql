-- $1: user, $2: now
UPDATE users SET status = 'active', updated_at = $2, last_seen_at = $2 WHERE id = $1 AND status = 'dormant' AND NOT deleted
