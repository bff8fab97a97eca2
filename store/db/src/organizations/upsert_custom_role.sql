-- $1: organization, $2: name, $3: display name, $4: permissions, $5: now
INSERT INTO custom_roles (organization_id, name, display_name, permissions, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (organization_id, name) DO UPDATE SET display_name = $3, permissions = $4, updated_at = $5
