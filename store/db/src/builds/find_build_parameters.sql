-- $1 build
SELECT parameters FROM workspace_builds WHERE id = $1
