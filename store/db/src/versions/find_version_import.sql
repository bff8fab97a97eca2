-- What the import found. $1 id
SELECT id, template_id, organization_id, name, job_id, variables, parameters, presets, external_auth, workspace_tags,
    has_external_agent, daemon_api_version, module_file_id, archived
FROM template_versions
WHERE id = $1
