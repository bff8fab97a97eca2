-- An agent with its resource, as list_resources has it. $1 agent
SELECT r.id, r.created_at, r.job_id, r.transition, r.type, r.name, r.hide, r.icon, r.daily_cost, r.metadata,
    a.id AS agent_id, a.parent_id, a.created_at AS agent_created_at, a.updated_at AS agent_updated_at,
    a.name AS agent_name, a.auth_instance_id, a.architecture, a.operating_system, a.directory,
    a.environment_variables, a.connection_timeout_seconds, a.troubleshooting_url, a.display_apps, a.display_order,
    a.scripts, a.version, a.api_version, a.expanded_directory, a.subsystems, a.lifecycle_state, a.started_at, a.ready_at,
    a.first_connected_at, a.last_connected_at, a.disconnected_at, a.logs_length, a.logs_overflowed,
    (
        SELECT jsonb_agg(to_jsonb(p) ORDER BY p.display_order, lower(p.display_name), p.slug)
        FROM workspace_apps p WHERE p.agent_id = a.id
    ) AS apps,
    (
        SELECT jsonb_agg(to_jsonb(s) ORDER BY s.display_name, s.id)
        FROM workspace_agent_log_sources s WHERE s.workspace_agent_id = a.id
    ) AS log_sources
FROM workspace_agents a
JOIN workspace_resources r ON r.id = a.resource_id
WHERE a.id = $1 AND NOT a.deleted
