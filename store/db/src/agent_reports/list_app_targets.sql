-- The agents of a workspace's latest build, each with the app of this slug if it has one. Names in any case.
-- $1 owner's name, $2 workspace's name, $3 agent's name or null, $4 slug
SELECT w.id AS workspace_id, w.name AS workspace_name, w.owner_id, u.username AS owner_name, w.organization_id,
    w.dormant_at IS NOT NULL AS dormant, w.user_acl, w.group_acl, a.id AS agent_id, a.name AS agent_name,
    p.slug, p.url, p.external, p.subdomain, p.sharing_level, p.health
FROM users u
JOIN workspaces w ON w.owner_id = u.id AND lower(w.name) = lower($2) AND NOT w.deleted
JOIN workspace_builds b ON b.id = w.latest_build_id
JOIN workspace_agents a ON a.build_id = b.id AND NOT a.deleted AND ($3::text IS NULL OR lower(a.name) = lower($3))
LEFT JOIN workspace_apps p ON p.agent_id = a.id AND p.slug = $4
WHERE lower(u.username) = lower($1) AND NOT u.deleted
ORDER BY a.name
