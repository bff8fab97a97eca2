-- $1: user, $2: targets, $3: templates (empty for any), $4: read, $5: older than this one
SELECT id, user_id, template_id, targets, title, content, icon, actions, read_at, created_at
FROM inbox_notifications
WHERE user_id = $1 AND NOT held
    AND (cardinality($2::uuid[]) = 0 OR targets && $2)
    AND (cardinality($3::uuid[]) = 0 OR template_id = ANY ($3))
    AND ($4::boolean IS NULL OR (read_at IS NOT NULL) = $4)
    AND ($5::uuid IS NULL OR created_at < (SELECT b.created_at FROM inbox_notifications b WHERE b.id = $5))
ORDER BY created_at DESC
LIMIT 25
