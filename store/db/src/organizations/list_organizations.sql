-- $1 … $3: filter (all, orgs, ids), $4: member or null
SELECT id, name, display_name, description, icon, is_default, created_at, updated_at, sharing, default_member_roles
FROM organizations
WHERE NOT deleted AND ($1 OR id = ANY ($2))
    AND ($3::uuid[] IS NULL OR id = ANY ($3))
    AND ($4::uuid IS NULL OR EXISTS (
        SELECT FROM organization_members m WHERE m.organization_id = organizations.id AND m.user_id = $4
    ))
ORDER BY is_default DESC, lower(name)
