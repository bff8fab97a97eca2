-- $1: id, $2: user
SELECT id, user_id, template_id, targets, title, content, icon, actions, read_at, created_at
FROM inbox_notifications WHERE id = $1 AND user_id = $2 AND NOT held
