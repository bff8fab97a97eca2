-- $1: id
SELECT
    k.hashed_secret, k.login_type AS key_login_type, k.scopes, k.allow_list, k.lifetime_seconds, k.last_used, k.expires_at,
    f.user_id, f.username, f.status, f.login_type, f.site_roles, f.is_service_account, f.memberships, f.groups
FROM api_keys k JOIN actor_facts f ON f.user_id = k.user_id
WHERE k.id = $1
