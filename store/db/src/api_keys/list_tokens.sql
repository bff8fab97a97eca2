-- $1: user or null for everybody's, $2: expired ones too. Without a limit: the caller shows all tokens of a user.
SELECT
    k.id, k.user_id, k.login_type, k.token_name, k.scopes, k.allow_list, k.lifetime_seconds,
    k.created_at, k.updated_at, k.last_used, k.expires_at, u.username
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.login_type = 'token'
    AND ($1::uuid IS NULL OR k.user_id = $1)
    AND ($2::boolean OR k.expires_at > now())
ORDER BY k.token_name, k.created_at
