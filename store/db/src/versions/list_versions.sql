-- $1 template, $2 include archived, $3 after or null, $4 offset, $5 limit or null
SELECT v.*
FROM template_version_details v
WHERE v.template_id = $1
    AND ($2 OR NOT v.archived)
    AND ($3::uuid IS NULL OR (v.created_at, v.id) > (SELECT created_at, id FROM template_versions WHERE id = $3))
ORDER BY v.created_at, v.id
OFFSET $4
LIMIT $5
