-- $1 id, $2 now, $3 owner, $4 organization, $5 template, $6 name, $7 autostart, $8 ttl, $9 automatic updates, $10 next start
INSERT INTO workspaces
    (id, created_at, updated_at, owner_id, organization_id, template_id, name, autostart_schedule, ttl_ms,
    automatic_updates, last_used_at, next_start_at)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $2, $10)
