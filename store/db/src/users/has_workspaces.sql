-- $1: user
SELECT EXISTS (SELECT FROM workspaces WHERE owner_id = $1 AND NOT deleted)
