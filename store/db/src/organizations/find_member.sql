-- $1: organization, $2: user
SELECT
    m.organization_id, m.user_id, m.roles, m.created_at, m.updated_at, u.username, u.name, u.email, u.avatar_url,
    u.site_roles, u.status, u.login_type, u.is_service_account, u.last_seen_at,
    u.created_at AS user_created_at, u.updated_at AS user_updated_at
FROM organization_members m JOIN users u ON u.id = m.user_id AND NOT u.deleted AND NOT u.is_system
WHERE m.organization_id = $1 AND m.user_id = $2
