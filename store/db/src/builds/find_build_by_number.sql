-- $1 workspace, $2 number
SELECT * FROM workspace_build_details WHERE workspace_id = $1 AND build_number = $2
