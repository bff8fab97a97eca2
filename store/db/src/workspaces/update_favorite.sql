-- $1 id, $2 favorite
UPDATE workspaces SET favorite = $2 WHERE id = $1
