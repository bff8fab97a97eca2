-- $1 organization, $2 provisioner, $3 tags of the job, $4 seen since
SELECT count(*) AS count,
    count(*) FILTER (WHERE last_seen_at >= $4) AS available,
    max(last_seen_at) AS most_recently_seen
FROM provisioner_daemons
WHERE organization_id = $1
    AND $2 = ANY (provisioners)
    AND CASE
        WHEN $3::jsonb = '{"scope": "organization", "owner": ""}'::jsonb THEN tags = $3::jsonb
        ELSE tags @> $3::jsonb
    END
