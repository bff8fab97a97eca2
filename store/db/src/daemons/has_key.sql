-- $1 id
SELECT EXISTS (SELECT 1 FROM provisioner_keys WHERE id = $1)
