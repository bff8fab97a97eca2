-- $1 id, $2 now
UPDATE template_versions SET archived = false, updated_at = $2 WHERE id = $1
