-- $1 id, $2 always or never
UPDATE workspaces SET automatic_updates = $2 WHERE id = $1
