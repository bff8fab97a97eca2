-- $1 id
SELECT * FROM workspace_build_details WHERE id = $1
