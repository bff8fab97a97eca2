-- $1 organization
SELECT id, created_at, organization_id, name, tags FROM provisioner_keys WHERE organization_id = $1 ORDER BY lower(name)
