SELECT id, name, display_name, description, icon, is_default, created_at, updated_at, sharing, default_member_roles
FROM organizations
WHERE NOT deleted AND is_default
