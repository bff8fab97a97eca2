-- $1 build
SELECT provisioner_state FROM workspace_builds WHERE id = $1
