-- Every agent of the latest build of every workspace, for metrics: one row each, as that is what they count.
SELECT a.id, a.name, u.username AS owner_name, w.name AS workspace_name, t.name AS template_name, v.name AS version_name,
    a.created_at, a.connection_timeout_seconds, a.lifecycle_state, a.first_connected_at, a.last_connected_at,
    a.disconnected_at,
    ARRAY(SELECT p.display_name FROM workspace_apps p WHERE p.agent_id = a.id ORDER BY p.id) AS app_names,
    ARRAY(SELECT p.health FROM workspace_apps p WHERE p.agent_id = a.id ORDER BY p.id) AS app_healths
FROM workspaces w
JOIN workspace_agents a ON a.build_id = w.latest_build_id AND NOT a.deleted
JOIN workspace_builds b ON b.id = w.latest_build_id
JOIN users u ON u.id = w.owner_id
JOIN templates t ON t.id = w.template_id
JOIN template_versions v ON v.id = b.template_version_id
WHERE NOT w.deleted
