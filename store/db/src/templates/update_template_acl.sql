-- $1 id, $2 now, $3 user acl, $4 group acl
UPDATE templates SET updated_at = $2, user_acl = $3, group_acl = $4 WHERE id = $1
