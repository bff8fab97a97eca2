-- $1 id, $2 user acl, $3 group acl
UPDATE workspaces SET user_acl = $2, group_acl = $3 WHERE id = $1
