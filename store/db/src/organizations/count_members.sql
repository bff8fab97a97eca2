-- $1: organization, $2: only this user or null, $3: part of name or address
SELECT count(*)
FROM organization_members m JOIN users u ON u.id = m.user_id AND NOT u.deleted AND NOT u.is_system
WHERE m.organization_id = $1 AND ($2::uuid IS NULL OR m.user_id = $2)
    AND ($3 = '' OR strpos(lower(u.username), $3) > 0 OR strpos(lower(u.email), $3) > 0)
