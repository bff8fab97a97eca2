-- $1: now
UPDATE inbox_notifications SET held = false, created_at = $1 WHERE held
RETURNING id, user_id, template_id, targets, title, content, icon, actions, read_at, created_at
