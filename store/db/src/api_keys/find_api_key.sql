-- $1: user, $2: id
SELECT
    k.id, k.user_id, k.login_type, k.token_name, k.scopes, k.allow_list, k.lifetime_seconds,
    k.created_at, k.updated_at, k.last_used, k.expires_at, u.username
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.user_id = $1 AND k.id = $2
