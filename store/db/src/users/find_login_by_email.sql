-- $1: e-mail address
SELECT id, username, login_type, status, site_roles, password_hash
FROM users
WHERE lower(email) = lower($1) AND email <> '' AND NOT deleted AND NOT is_system
