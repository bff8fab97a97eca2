-- $1: id, $2: now
WITH keys AS (DELETE FROM api_keys WHERE user_id = $1),
    memberships AS (DELETE FROM organization_members WHERE user_id = $1),
    groups AS (DELETE FROM group_members WHERE user_id = $1),
    links AS (DELETE FROM user_links WHERE user_id = $1)
UPDATE users SET deleted = true, updated_at = $2 WHERE id = $1
