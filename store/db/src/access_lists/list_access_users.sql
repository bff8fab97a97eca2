-- $1 organization, $2 ids or null for every member
SELECT u.id, u.username, u.email, u.name, u.avatar_url, u.login_type, u.status, u.created_at, u.updated_at, u.last_seen_at
FROM organization_members m JOIN users u ON u.id = m.user_id
WHERE m.organization_id = $1 AND NOT u.deleted AND ($2::uuid[] IS NULL OR u.id = ANY ($2))
ORDER BY lower(u.username)
