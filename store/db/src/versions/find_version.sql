-- $1 id
SELECT * FROM template_version_details WHERE id = $1
