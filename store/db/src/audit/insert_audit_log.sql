-- $1 … $15: the columns in the order of the table
INSERT INTO audit_logs (
    id, time, user_id, organization_id, ip, user_agent, resource_type, resource_id, resource_target, resource_icon,
    action, diff, status_code, additional_fields, request_id
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
