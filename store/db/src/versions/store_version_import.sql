-- $1 job of the import, $2 now, $3 parameters, $4 presets, $5 external auth, $6 has external agent, $7 plan,
-- $8 module file or null, $9 api version of the daemon
UPDATE template_versions
SET updated_at = $2, parameters = $3, presets = $4, external_auth = $5, has_external_agent = $6, plan = $7,
    module_file_id = $8, daemon_api_version = $9
WHERE job_id = $1
