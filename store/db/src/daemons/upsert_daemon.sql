-- $1 id, $2 now, $3 organization, $4 key, $5 name, $6 provisioners, $7 tags, $8 version, $9 api version
INSERT INTO provisioner_daemons
    (id, created_at, organization_id, key_id, name, provisioners, tags, last_seen_at, version, api_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $2, $8, $9)
ON CONFLICT (organization_id, name, lower(coalesce(tags ->> 'owner', '')))
DO UPDATE SET key_id = excluded.key_id, provisioners = excluded.provisioners, tags = excluded.tags,
    last_seen_at = excluded.last_seen_at, version = excluded.version, api_version = excluded.api_version
RETURNING id
