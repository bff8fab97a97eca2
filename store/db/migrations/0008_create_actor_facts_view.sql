-- What the roles of a user are compiled from, in one row, so that authentication is one query.
CREATE VIEW actor_facts AS
SELECT
    u.id AS user_id,
    u.username,
    u.status,
    u.login_type,
    u.site_roles,
    u.is_service_account,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'organization_id', m.organization_id,
            'roles', m.roles || o.default_member_roles,
            'sharing', o.sharing,
            'custom', (
                SELECT coalesce(jsonb_agg(c.permissions), '[]')
                FROM custom_roles c
                WHERE c.organization_id = o.id AND c.name = ANY (m.roles || o.default_member_roles)
            )
        )), '[]')
        FROM organization_members m JOIN organizations o ON o.id = m.organization_id AND NOT o.deleted
        WHERE m.user_id = u.id
    ) AS memberships,
    ARRAY(SELECT g.group_id FROM group_members g WHERE g.user_id = u.id) AS groups
FROM users u
WHERE NOT u.deleted;
