-- $1 … $11: the columns in this order; a fresh key counts as used.
INSERT INTO api_keys (
    id, hashed_secret, user_id, login_type, token_name, scopes, allow_list, lifetime_seconds,
    created_at, updated_at, last_used, expires_at, ip_address
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9, $10, $11)
