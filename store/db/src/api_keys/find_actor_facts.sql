-- $1: user
SELECT user_id, username, status, login_type, site_roles, is_service_account, memberships, groups
FROM actor_facts
WHERE user_id = $1
