-- $1 ids, $2 now
UPDATE provisioner_daemons SET last_seen_at = $2 WHERE id = ANY ($1::uuid[])
