-- $1: ids, $2: last_used, $3: expires_at, $4: addresses; parallel arrays.
WITH used AS (
    SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[]) AS t (id, last_used, expires_at, ip)
), touched AS (
    UPDATE api_keys k SET
        last_used = used.last_used,
        updated_at = used.last_used,
        expires_at = greatest(k.expires_at, used.expires_at),
        ip_address = used.ip
    FROM used WHERE k.id = used.id
    RETURNING k.user_id, k.last_used
)
UPDATE users u SET last_seen_at = seen.at
FROM (SELECT user_id, max(last_used) AS at FROM touched GROUP BY user_id) seen
WHERE u.id = seen.user_id AND u.last_seen_at < seen.at
