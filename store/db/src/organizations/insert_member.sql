-- $1: organization, $2: user, $3: roles, $4: now
INSERT INTO organization_members (organization_id, user_id, roles, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
