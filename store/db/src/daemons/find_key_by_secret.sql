-- $1 hashed secret
SELECT id, created_at, organization_id, name, tags FROM provisioner_keys WHERE hashed_secret = $1
