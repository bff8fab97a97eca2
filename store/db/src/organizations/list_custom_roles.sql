-- $1: organization
SELECT organization_id, name, display_name, permissions FROM custom_roles WHERE organization_id = $1 ORDER BY name
