-- Everything an agent's manifest needs, in one row.
-- $1 agent
SELECT a.id, a.parent_id, a.name, a.directory, a.motd_file, a.environment_variables, a.scripts, a.metadata, a.devcontainers,
    w.id AS workspace_id, w.name AS workspace_name, u.username AS owner_name,
    COALESCE((
        SELECT jsonb_agg(jsonb_build_object(
            'id', p.id, 'url', p.url, 'external', p.external, 'slug', p.slug, 'display_name', p.display_name,
            'command', p.command, 'icon', p.icon, 'subdomain', p.subdomain, 'sharing_level', p.sharing_level,
            'healthcheck_url', p.healthcheck_url, 'healthcheck_interval', p.healthcheck_interval,
            'healthcheck_threshold', p.healthcheck_threshold, 'health', p.health, 'hidden', p.hidden
        ) ORDER BY p.display_order, p.slug)
        FROM workspace_apps p WHERE p.agent_id = a.id
    ), '[]') AS apps
FROM workspace_agents a
JOIN workspaces w ON w.id = a.workspace_id
JOIN users u ON u.id = w.owner_id
WHERE a.id = $1 AND NOT a.deleted
