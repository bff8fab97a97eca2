-- $1 organization, $2 file
SELECT EXISTS (SELECT 1 FROM template_versions WHERE organization_id = $1 AND module_file_id = $2)
