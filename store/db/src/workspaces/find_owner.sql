-- A user who can own workspaces. $1 id or null, $2 name or null
SELECT id, username, avatar_url, status FROM users
WHERE NOT deleted AND ($1::uuid IS NULL OR id = $1) AND ($2::text IS NULL OR lower(username) = lower($2))
    AND ($1::uuid IS NOT NULL OR $2::text IS NOT NULL)
