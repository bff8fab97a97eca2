-- $1 … $6: id, name, display name, description, icon, now
WITH made AS (
    INSERT INTO organizations (id, name, display_name, description, icon, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)
    RETURNING *
), everyone AS (
    INSERT INTO groups (id, organization_id, name) SELECT id, id, 'Everyone' FROM made
)
SELECT id, name, display_name, description, icon, is_default, created_at, updated_at, sharing, default_member_roles FROM made
