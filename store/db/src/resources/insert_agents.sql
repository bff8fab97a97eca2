-- $1 rows as a JSON list
INSERT INTO workspace_agents
    (id, created_at, updated_at, resource_id, job_id, build_id, workspace_id, name, auth_token, auth_instance_id,
    api_key_scope, architecture, operating_system, directory, environment_variables, connection_timeout_seconds,
    troubleshooting_url, motd_file, display_apps, display_order, scripts, metadata, devcontainers, resource_monitors)
SELECT a.id, a.created_at, a.created_at, a.resource_id, a.job_id, a.build_id, a.workspace_id, a.name, a.auth_token,
    a.auth_instance_id, a.api_key_scope, a.architecture, a.operating_system, a.directory, a.environment_variables,
    a.connection_timeout_seconds, a.troubleshooting_url, a.motd_file, a.display_apps, a.display_order, a.scripts,
    a.metadata, a.devcontainers, a.resource_monitors
FROM jsonb_to_recordset($1::jsonb) AS a (id uuid, created_at timestamptz, resource_id uuid, job_id uuid, build_id uuid,
    workspace_id uuid, name text, auth_token uuid, auth_instance_id text, api_key_scope text, architecture text,
    operating_system text, directory text, environment_variables jsonb, connection_timeout_seconds integer,
    troubleshooting_url text, motd_file text, display_apps text[], display_order integer, scripts jsonb, metadata jsonb,
    devcontainers jsonb, resource_monitors jsonb)
