-- $1 organization, $2 ids or null for every group
SELECT g.id, g.organization_id, g.name, g.display_name, g.avatar_url, g.quota_allowance, g.source,
    o.name AS organization_name, o.display_name AS organization_display_name,
    CASE
        WHEN g.id = g.organization_id THEN (SELECT count(*) FROM organization_members m WHERE m.organization_id = g.id)
        ELSE (SELECT count(*) FROM group_members m WHERE m.group_id = g.id)
    END AS member_count
FROM groups g JOIN organizations o ON o.id = g.organization_id
WHERE g.organization_id = $1 AND ($2::uuid[] IS NULL OR g.id = ANY ($2))
ORDER BY lower(g.name)
