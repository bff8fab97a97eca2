-- $1 … $10: the columns in this order
INSERT INTO users (
    id, username, email, name, login_type, status, password_hash, site_roles, is_service_account, created_at, updated_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
