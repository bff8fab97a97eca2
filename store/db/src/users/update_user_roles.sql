-- $1: id, $2: roles, $3: now
WITH changed AS (
    UPDATE users SET site_roles = $2, updated_at = $3 WHERE id = $1 AND NOT deleted RETURNING *
)
SELECT
    u.id, u.username, u.email, u.name, u.avatar_url, u.login_type, u.status, u.site_roles, u.created_at, u.updated_at,
    u.last_seen_at, u.is_service_account, u.theme_preference, u.terminal_font, u.quiet_hours_schedule, d.organization_ids
FROM changed u JOIN user_details d ON d.id = u.id
