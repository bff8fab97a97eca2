-- The values that a user's latest builds of a template have. $1 owner, $2 template
SELECT DISTINCT ON (p.name) p.name, p.value
FROM workspaces w
JOIN workspace_builds b ON b.id = w.latest_build_id
CROSS JOIN jsonb_to_recordset(b.parameters) AS p (name text, value text)
WHERE w.owner_id = $1 AND w.template_id = $2 AND NOT w.deleted
ORDER BY p.name, b.created_at DESC
