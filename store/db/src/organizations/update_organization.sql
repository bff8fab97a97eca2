-- $1: id, $2 … $5: name, display name, description, icon, $6: sharing, $7: default roles, $8: now
UPDATE organizations SET
    name = $2, display_name = $3, description = $4, icon = $5, sharing = $6, default_member_roles = $7, updated_at = $8
WHERE id = $1 AND NOT deleted
RETURNING id, name, display_name, description, icon, is_default, created_at, updated_at, sharing, default_member_roles
