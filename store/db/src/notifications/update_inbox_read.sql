-- $1: id, $2: user, $3: when read, or null
UPDATE inbox_notifications SET read_at = $3 WHERE id = $1 AND user_id = $2 AND NOT held
RETURNING id, user_id, template_id, targets, title, content, icon, actions, read_at, created_at
