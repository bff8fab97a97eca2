-- $1 organization, $2 name
SELECT * FROM template_details WHERE organization_id = $1 AND lower(name) = lower($2) AND NOT deleted
