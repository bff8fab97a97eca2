-- $1 id
SELECT * FROM template_details WHERE id = $1
