-- Variables of the template's active version. $1 template
SELECT v.variables
FROM templates t JOIN template_versions v ON v.id = t.active_version_id
WHERE t.id = $1
