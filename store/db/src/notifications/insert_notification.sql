-- $1: id, $2: user, $3: kind, $4: title, $5: content, $6: icon, $7: now, $8: whether it waits. Nothing for who opted out.
INSERT INTO inbox_notifications (id, user_id, template_id, title, content, icon, created_at, held)
SELECT $1, $2, $3, $4, $5, $6, $7, $8
WHERE NOT EXISTS (
    SELECT FROM notification_preferences p WHERE p.user_id = $2 AND p.template_id = $3 AND p.disabled
)
RETURNING id, user_id, template_id, targets, title, content, icon, actions, read_at, created_at
