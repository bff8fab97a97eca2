-- $1 … $3: filter (all, own, ids), $4 … $16: the search in the order of UserSearch, $17: after this user, $18: offset, $19: limit
SELECT
    u.id, u.username, u.email, u.name, u.avatar_url, u.login_type, u.status, u.site_roles, u.created_at, u.updated_at,
    u.last_seen_at, u.is_service_account, u.theme_preference, u.terminal_font, u.quiet_hours_schedule, u.organization_ids
FROM user_details u
WHERE ($1 OR u.id = $2)
    AND ($3::uuid[] IS NULL OR u.id = ANY ($3))
    AND ($4 = '' OR strpos(lower(u.username), $4) > 0 OR strpos(lower(u.email), $4) > 0)
    AND ($5 = '' OR strpos(lower(u.name), $5) > 0)
    AND ($6 = '' OR lower(u.username) = $6)
    AND ($7 = '' OR lower(u.email) = $7)
    AND (cardinality($8::text[]) = 0 OR u.status = ANY ($8))
    AND (cardinality($9::text[]) = 0 OR u.site_roles && $9 OR 'member' = ANY ($9))
    AND (cardinality($10::text[]) = 0 OR u.login_type = ANY ($10))
    AND ($11::boolean IS NULL OR u.is_service_account = $11)
    AND ($12::timestamptz IS NULL OR u.last_seen_at >= $12)
    AND ($13::timestamptz IS NULL OR u.last_seen_at <= $13)
    AND ($14::timestamptz IS NULL OR u.created_at >= $14)
    AND ($15::timestamptz IS NULL OR u.created_at <= $15)
    AND ($16::bigint IS NULL OR EXISTS (SELECT FROM users g WHERE g.id = u.id AND g.github_com_user_id = $16))
    AND ($17::uuid IS NULL OR lower(u.username) > (SELECT lower(a.username) FROM users a WHERE a.id = $17))
ORDER BY lower(u.username)
OFFSET $18
LIMIT $19
