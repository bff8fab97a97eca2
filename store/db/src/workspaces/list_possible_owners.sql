-- Members of an organization for whom workspaces can be made. $1 organization, $2 pattern or null, $3 offset, $4 limit or null
SELECT u.id, u.username, u.name, u.avatar_url
FROM organization_members m JOIN users u ON u.id = m.user_id
WHERE m.organization_id = $1 AND NOT u.deleted AND NOT u.is_system
    AND ($2::text IS NULL OR u.username ILIKE $2 OR u.email ILIKE $2)
ORDER BY lower(u.username)
OFFSET $3 LIMIT $4
