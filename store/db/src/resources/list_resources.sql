-- Resources with their agents, one row for each pair; a resource without agent has one row. $1 jobs
SELECT r.id, r.created_at, r.job_id, r.transition, r.type, r.name, r.hide, r.icon, r.daily_cost, r.metadata,
    a.id AS agent_id, a.parent_id, a.created_at AS agent_created_at, a.updated_at AS agent_updated_at,
    a.name AS agent_name, a.auth_instance_id, a.architecture, a.operating_system, a.directory,
    a.environment_variables, a.connection_timeout_seconds, a.troubleshooting_url, a.display_apps, a.display_order,
    a.scripts, a.version, a.api_version, a.expanded_directory, a.subsystems, a.lifecycle_state, a.started_at, a.ready_at,
    a.first_connected_at, a.last_connected_at, a.disconnected_at, a.logs_length, a.logs_overflowed,
    apps.list AS apps, sources.list AS log_sources
FROM unnest($1::uuid[]) AS wanted (job_id)
-- Job by job: for a list of unknown length the whole table would be read.
CROSS JOIN LATERAL (SELECT * FROM workspace_resources r WHERE r.job_id = wanted.job_id OFFSET 0) r
LEFT JOIN LATERAL (SELECT * FROM workspace_agents a WHERE a.resource_id = r.id AND NOT a.deleted OFFSET 0) a ON true
LEFT JOIN LATERAL (
    SELECT json_agg(p ORDER BY p.display_order, lower(p.display_name), p.slug) AS list
    FROM workspace_apps p WHERE p.agent_id = a.id
) apps ON true
LEFT JOIN LATERAL (
    SELECT json_agg(s ORDER BY s.display_name, s.id) AS list
    FROM workspace_agent_log_sources s WHERE s.workspace_agent_id = a.id
) sources ON true
