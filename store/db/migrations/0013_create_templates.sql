CREATE TABLE templates (
    id                               uuid PRIMARY KEY,
    created_at                       timestamptz NOT NULL,
    updated_at                       timestamptz NOT NULL,
    organization_id                  uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    created_by                       uuid NOT NULL REFERENCES users (id),
    deleted                          boolean NOT NULL DEFAULT false,
    name                             text NOT NULL,
    display_name                     text NOT NULL DEFAULT '',
    description                      text NOT NULL DEFAULT '',
    icon                             text NOT NULL DEFAULT '',
    provisioner                      text NOT NULL,
    active_version_id                uuid NOT NULL,
    deprecation_message              text NOT NULL DEFAULT '',
    default_ttl_ms                   bigint NOT NULL DEFAULT 0,
    activity_bump_ms                 bigint NOT NULL DEFAULT 3600000,
    allow_user_autostart             boolean NOT NULL DEFAULT true,
    allow_user_autostop              boolean NOT NULL DEFAULT true,
    allow_user_cancel_workspace_jobs boolean NOT NULL DEFAULT false,
    -- bit 0 Monday … bit 6 Sunday
    autostart_days                   smallint NOT NULL DEFAULT 127,
    autostop_days                    smallint NOT NULL DEFAULT 0,
    autostop_weeks                   bigint NOT NULL DEFAULT 1,
    failure_ttl_ms                   bigint NOT NULL DEFAULT 0,
    time_til_dormant_ms              bigint NOT NULL DEFAULT 0,
    time_til_dormant_autodelete_ms   bigint NOT NULL DEFAULT 0,
    time_til_autostop_notify_ms      bigint NOT NULL DEFAULT 0,
    require_active_version           boolean NOT NULL DEFAULT false,
    max_port_share_level             text NOT NULL DEFAULT 'public',
    cors_behavior                    text NOT NULL DEFAULT 'simple',
    use_classic_parameter_flow       boolean NOT NULL DEFAULT false,
    disable_module_cache             boolean NOT NULL DEFAULT false,
    agents_allowed                   boolean NOT NULL DEFAULT true,
    -- {user or group id: [actions]}
    user_acl                         jsonb NOT NULL DEFAULT '{}',
    group_acl                        jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX templates_organization_id_name_idx ON templates (organization_id, lower(name)) WHERE NOT deleted;

-- What an import found is kept as documents: it is written once, by the completed import, and read as a whole.
CREATE TABLE template_versions (
    id                 uuid PRIMARY KEY,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    organization_id    uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    template_id        uuid REFERENCES templates (id) ON DELETE CASCADE,
    created_by         uuid NOT NULL REFERENCES users (id),
    job_id             uuid NOT NULL REFERENCES provisioner_jobs (id) ON DELETE CASCADE,
    name               text NOT NULL,
    message            text NOT NULL DEFAULT '',
    archived           boolean NOT NULL DEFAULT false,
    source_example_id  text,
    readme             text NOT NULL DEFAULT '',
    -- [{name, description, type, value, default_value, required, sensitive}]
    variables          jsonb NOT NULL DEFAULT '[]',
    -- [{name, display_name, type, form_type, …}] in the order of the form
    parameters         jsonb NOT NULL DEFAULT '[]',
    -- [{id, name, parameters: [{name, value}], default, …}]
    presets            jsonb NOT NULL DEFAULT '[]',
    -- [{id, optional}]
    external_auth      jsonb NOT NULL DEFAULT '[]',
    -- {tag: source text of its value}
    workspace_tags     jsonb NOT NULL DEFAULT '{}',
    has_external_agent boolean NOT NULL DEFAULT false,
    -- The plan of the import, for the evaluation of dynamic parameters; null before or without it.
    plan               bytea,
    module_file_id     uuid,
    daemon_api_version text NOT NULL DEFAULT '',
    CONSTRAINT template_versions_job_id_key UNIQUE (job_id)
);
CREATE UNIQUE INDEX template_versions_template_id_name_idx ON template_versions (template_id, name);
CREATE INDEX template_versions_template_id_created_at_idx ON template_versions (template_id, created_at);
