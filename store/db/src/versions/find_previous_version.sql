-- $1 template, $2 name
SELECT p.*
FROM template_versions v
JOIN template_version_details p ON p.template_id = v.template_id AND p.created_at < v.created_at
WHERE v.template_id = $1 AND v.name = $2
ORDER BY p.created_at DESC
LIMIT 1
