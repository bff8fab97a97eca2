-- An app of the same id moves to its new agent; one that belongs to another workspace stays where it is, and the caller
-- sees that fewer rows came back. $1 rows as a JSON list, $2 workspace or null
INSERT INTO workspace_apps
    (id, created_at, agent_id, slug, display_name, icon, command, url, external, subdomain, sharing_level,
    healthcheck_url, healthcheck_interval, healthcheck_threshold, health, display_order, display_group, hidden, open_in,
    tooltip)
SELECT a.id, a.created_at, a.agent_id, a.slug, a.display_name, a.icon, a.command, a.url, a.external, a.subdomain,
    a.sharing_level, a.healthcheck_url, a.healthcheck_interval, a.healthcheck_threshold, a.health, a.display_order,
    a.display_group, a.hidden, a.open_in, a.tooltip
FROM jsonb_to_recordset($1::jsonb) AS a (id uuid, created_at timestamptz, agent_id uuid, slug text, display_name text,
    icon text, command text, url text, external boolean, subdomain boolean, sharing_level text, healthcheck_url text,
    healthcheck_interval integer, healthcheck_threshold integer, health text, display_order integer,
    display_group text, hidden boolean, open_in text, tooltip text)
ON CONFLICT (id) DO UPDATE SET
    created_at = excluded.created_at, agent_id = excluded.agent_id, slug = excluded.slug,
    display_name = excluded.display_name, icon = excluded.icon, command = excluded.command, url = excluded.url,
    external = excluded.external, subdomain = excluded.subdomain, sharing_level = excluded.sharing_level,
    healthcheck_url = excluded.healthcheck_url, healthcheck_interval = excluded.healthcheck_interval,
    healthcheck_threshold = excluded.healthcheck_threshold, health = excluded.health,
    display_order = excluded.display_order, display_group = excluded.display_group, hidden = excluded.hidden,
    open_in = excluded.open_in, tooltip = excluded.tooltip
WHERE $2::uuid IS NOT NULL
    AND (SELECT old.workspace_id FROM workspace_agents old WHERE old.id = workspace_apps.agent_id) = $2
RETURNING id
