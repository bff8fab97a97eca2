-- Inserts a build and makes it the workspace's latest; copies the state of another build unless one is given.
-- $1 id, $2 now, $3 workspace, $4 version, $5 number, $6 transition, $7 reason, $8 initiator, $9 job, $10 preset or null,
-- $11 parameters, $12 state or null, $13 build to copy the state from, or null
WITH build AS (
    INSERT INTO workspace_builds
        (id, created_at, updated_at, workspace_id, template_version_id, build_number, transition, reason, initiator_id,
        job_id, template_version_preset_id, parameters, provisioner_state)
    VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
        coalesce($12::bytea, (SELECT provisioner_state FROM workspace_builds WHERE id = $13)))
    RETURNING id, workspace_id
)
UPDATE workspaces w SET latest_build_id = build.id FROM build WHERE w.id = build.workspace_id
