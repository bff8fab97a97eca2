-- $1: organization, $2: user, $3: roles, $4: now
UPDATE organization_members SET roles = $3, updated_at = $4 WHERE organization_id = $1 AND user_id = $2
