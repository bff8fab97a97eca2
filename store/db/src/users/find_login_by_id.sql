-- $1: id
SELECT id, username, login_type, status, site_roles, password_hash
FROM users
WHERE id = $1 AND NOT deleted AND NOT is_system
