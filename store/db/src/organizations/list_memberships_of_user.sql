-- $1: user
SELECT m.organization_id, m.roles
FROM organization_members m JOIN organizations o ON o.id = m.organization_id AND NOT o.deleted
WHERE m.user_id = $1
ORDER BY m.organization_id
