-- $1: user, $2: now
UPDATE inbox_notifications SET read_at = $2 WHERE user_id = $1 AND NOT held AND read_at IS NULL
