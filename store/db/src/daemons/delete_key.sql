-- $1 organization, $2 name
DELETE FROM provisioner_keys WHERE organization_id = $1 AND lower(name) = lower($2)
