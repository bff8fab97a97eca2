-- $1 id
SELECT * FROM workspace_details WHERE id = $1
