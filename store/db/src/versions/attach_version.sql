-- $1 id, $2 now, $3 template
UPDATE template_versions SET updated_at = $2, template_id = $3 WHERE id = $1 AND template_id IS NULL
