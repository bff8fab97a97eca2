-- $1: user
SELECT template_id, disabled, updated_at FROM notification_preferences WHERE user_id = $1 ORDER BY template_id
