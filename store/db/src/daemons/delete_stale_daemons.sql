-- $1 not seen since
DELETE FROM provisioner_daemons WHERE coalesce(last_seen_at, created_at) < $1
