-- $1: organization, $2: only this user or null, $3: part of name or address, $4: after this user, $5: offset, $6: limit
SELECT
    m.organization_id, m.user_id, m.roles, m.created_at, m.updated_at, u.username, u.name, u.email, u.avatar_url,
    u.site_roles, u.status, u.login_type, u.is_service_account, u.last_seen_at,
    u.created_at AS user_created_at, u.updated_at AS user_updated_at
FROM organization_members m JOIN users u ON u.id = m.user_id AND NOT u.deleted AND NOT u.is_system
WHERE m.organization_id = $1 AND ($2::uuid IS NULL OR m.user_id = $2)
    AND ($3 = '' OR strpos(lower(u.username), $3) > 0 OR strpos(lower(u.email), $3) > 0)
    AND ($4::uuid IS NULL OR lower(u.username) > (SELECT lower(a.username) FROM users a WHERE a.id = $4))
ORDER BY lower(u.username)
OFFSET $5
LIMIT $6
