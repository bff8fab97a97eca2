-- $1 id, $2 now, $3 name, $4 message
UPDATE template_versions SET updated_at = $2, name = $3, message = $4 WHERE id = $1
