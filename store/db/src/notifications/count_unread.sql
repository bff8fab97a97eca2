-- $1: user
SELECT count(*) FROM inbox_notifications WHERE user_id = $1 AND NOT held AND read_at IS NULL
