-- $1 template, $2 name
SELECT * FROM template_version_details WHERE template_id = $1 AND name = $2
