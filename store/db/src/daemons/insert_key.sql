-- $1 id, $2 now, $3 organization, $4 name, $5 hashed secret, $6 tags
INSERT INTO provisioner_keys (id, created_at, organization_id, name, hashed_secret, tags) VALUES ($1, $2, $3, $4, $5, $6)
