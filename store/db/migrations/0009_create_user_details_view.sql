-- A living user with the ids of their organizations.
CREATE VIEW user_details AS
SELECT
    u.id, u.username, u.email, u.name, u.avatar_url, u.login_type, u.status, u.site_roles,
    u.created_at, u.updated_at, u.last_seen_at, u.is_service_account,
    u.theme_preference, u.terminal_font, u.quiet_hours_schedule,
    ARRAY(
        SELECT m.organization_id
        FROM organization_members m JOIN organizations o ON o.id = m.organization_id AND NOT o.deleted
        WHERE m.user_id = u.id
        ORDER BY m.created_at, m.organization_id
    ) AS organization_ids
FROM users u
WHERE NOT u.deleted AND NOT u.is_system;
