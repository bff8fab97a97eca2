-- $1 id, $2 dormant at or null, $3 now
UPDATE workspaces w
SET dormant_at = $2,
    last_used_at = CASE WHEN $2::timestamptz IS NULL THEN $3 ELSE w.last_used_at END,
    deleting_at = CASE
        WHEN $2::timestamptz IS NULL OR t.time_til_dormant_autodelete_ms = 0 THEN NULL
        ELSE $2::timestamptz + t.time_til_dormant_autodelete_ms * interval '1 millisecond'
    END
FROM templates t
WHERE w.id = $1 AND t.id = w.template_id
