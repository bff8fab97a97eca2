-- $1: user, $2: kinds, $3: whether each is disabled, $4: now
INSERT INTO notification_preferences (user_id, template_id, disabled, updated_at)
SELECT $1, given.template_id, given.disabled, $4
FROM unnest($2::uuid[], $3::boolean[]) AS given (template_id, disabled)
ON CONFLICT (user_id, template_id) DO UPDATE SET disabled = excluded.disabled, updated_at = excluded.updated_at
