-- $1, $2: filter (all, organizations), $3 … $13: the search in the order of AuditSearch, $14: where counting ends
SELECT count(*) FROM (
    SELECT FROM audit_logs a
    WHERE ($1 OR a.organization_id = ANY ($2))
    AND ($3 = '' OR a.resource_type = $3)
    AND ($4::uuid IS NULL OR a.resource_id = $4)
    AND ($5 = '' OR lower(a.resource_target) = $5)
    AND ($6 = '' OR a.action = $6)
    AND ($7::uuid IS NULL OR a.request_id = $7)
    AND ($8 = '' OR EXISTS (SELECT FROM users s WHERE s.id = a.user_id AND lower(s.username) = $8))
    AND ($9 = '' OR EXISTS (SELECT FROM users s WHERE s.id = a.user_id AND lower(s.email) = $9))
    AND ($10::uuid IS NULL OR a.organization_id = $10)
    AND ($11::timestamptz IS NULL OR a.time >= $11)
    AND ($12::timestamptz IS NULL OR a.time < $12)
    AND ($13 = '' OR EXISTS (SELECT FROM workspace_builds b WHERE b.id = a.resource_id AND b.reason = $13))
    LIMIT $14
) AS found
