-- $1: organization, $2: name
WITH holders AS (
    UPDATE organization_members SET roles = array_remove(roles, $2) WHERE organization_id = $1 AND $2 = ANY (roles)
)
DELETE FROM custom_roles WHERE organization_id = $1 AND name = $2
