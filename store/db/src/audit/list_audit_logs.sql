-- $1, $2: filter (all, organizations), $3 … $13: the search in the order of AuditSearch, $14: offset, $15: limit
SELECT a.id, a.time, a.user_id, a.organization_id, a.ip, a.user_agent, a.resource_type, a.resource_id, a.resource_target,
    a.resource_icon, a.action, a.diff, a.status_code, a.additional_fields, a.request_id,
    o.name AS organization_name, o.display_name AS organization_display_name, o.icon AS organization_icon,
    CASE a.resource_type
        WHEN 'user' THEN NOT EXISTS (SELECT FROM users t WHERE t.id = a.resource_id AND NOT t.deleted)
        WHEN 'workspace' THEN NOT EXISTS (SELECT FROM workspaces t WHERE t.id = a.resource_id AND NOT t.deleted)
        WHEN 'template' THEN NOT EXISTS (SELECT FROM templates t WHERE t.id = a.resource_id AND NOT t.deleted)
        ELSE false
    END AS is_deleted,
    (
        SELECT s.username FROM workspaces w JOIN users s ON s.id = w.owner_id
        WHERE a.resource_type = 'workspace' AND w.id = a.resource_id
    ) AS workspace_owner
FROM audit_logs a
LEFT JOIN organizations o ON o.id = a.organization_id
WHERE ($1 OR a.organization_id = ANY ($2))
    AND ($3 = '' OR a.resource_type = $3)
    AND ($4::uuid IS NULL OR a.resource_id = $4)
    AND ($5 = '' OR lower(a.resource_target) = $5)
    AND ($6 = '' OR a.action = $6)
    AND ($7::uuid IS NULL OR a.request_id = $7)
    AND ($8 = '' OR EXISTS (SELECT FROM users s WHERE s.id = a.user_id AND lower(s.username) = $8))
    AND ($9 = '' OR EXISTS (SELECT FROM users s WHERE s.id = a.user_id AND lower(s.email) = $9))
    AND ($10::uuid IS NULL OR a.organization_id = $10)
    AND ($11::timestamptz IS NULL OR a.time >= $11)
    AND ($12::timestamptz IS NULL OR a.time < $12)
    AND ($13 = '' OR EXISTS (SELECT FROM workspace_builds b WHERE b.id = a.resource_id AND b.reason = $13))
ORDER BY a.time DESC, a.id
OFFSET $14
LIMIT $15
