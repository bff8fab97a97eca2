-- $1: ids
SELECT
    u.id, u.username, u.email, u.name, u.avatar_url, u.login_type, u.status, u.site_roles, u.created_at, u.updated_at,
    u.last_seen_at, u.is_service_account, u.theme_preference, u.terminal_font, u.quiet_hours_schedule, u.organization_ids
FROM user_details u
WHERE u.id = ANY ($1)
