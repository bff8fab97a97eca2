-- $1 workspace, $2 since or null, $3 after or null, $4 offset, $5 limit or null
SELECT b.*
FROM workspace_build_details b
WHERE b.workspace_id = $1
    AND ($2::timestamptz IS NULL OR b.created_at > $2)
    AND ($3::uuid IS NULL OR b.build_number < (SELECT build_number FROM workspace_builds WHERE id = $3))
ORDER BY b.build_number DESC
OFFSET $4
LIMIT $5
