-- job_id, build_id and workspace_id repeat what resource_id leads to: agents are found by token on every connection.
CREATE TABLE workspace_agents (
    id                         uuid PRIMARY KEY,
    created_at                 timestamptz NOT NULL,
    updated_at                 timestamptz NOT NULL,
    resource_id                uuid NOT NULL REFERENCES workspace_resources (id) ON DELETE CASCADE,
    job_id                     uuid NOT NULL,
    build_id                   uuid,
    workspace_id               uuid,
    parent_id                  uuid REFERENCES workspace_agents (id) ON DELETE CASCADE,
    deleted                    boolean NOT NULL DEFAULT false,
    name                       text NOT NULL,
    auth_token                 uuid NOT NULL,
    auth_instance_id           text,
    api_key_scope              text NOT NULL DEFAULT 'all' CHECK (api_key_scope IN ('all', 'no_user_data')),
    architecture               text NOT NULL,
    operating_system           text NOT NULL,
    directory                  text NOT NULL,
    environment_variables      jsonb NOT NULL DEFAULT '{}',
    connection_timeout_seconds integer NOT NULL,
    troubleshooting_url        text NOT NULL,
    motd_file                  text NOT NULL,
    display_apps               text[] NOT NULL DEFAULT '{}',
    display_order              integer NOT NULL DEFAULT 0,
    -- [{id, log_source_id, log_path, script, cron, run_on_start, run_on_stop, start_blocks_login, timeout, display_name, icon}]
    scripts                    jsonb NOT NULL DEFAULT '[]',
    -- [{key, display_name, script, interval, timeout, order}], interval and timeout in seconds; in display order
    metadata                   jsonb NOT NULL DEFAULT '[]',
    -- [{id, name, workspace_folder, config_path, subagent_id}]
    devcontainers              jsonb NOT NULL DEFAULT '[]',
    -- {memory: {enabled, threshold}|null, volumes: [{path, enabled, threshold}]}
    resource_monitors          jsonb NOT NULL DEFAULT '{}',
    -- What the agent reports:
    version                    text NOT NULL DEFAULT '',
    api_version                text NOT NULL DEFAULT '',
    expanded_directory         text NOT NULL DEFAULT '',
    subsystems                 text[] NOT NULL DEFAULT '{}',
    lifecycle_state            text NOT NULL DEFAULT 'created',
    started_at                 timestamptz,
    ready_at                   timestamptz,
    first_connected_at         timestamptz,
    last_connected_at          timestamptz,
    disconnected_at            timestamptz,
    logs_length                integer NOT NULL DEFAULT 0 CHECK (logs_length <= 1048576),
    logs_overflowed            boolean NOT NULL DEFAULT false
);
CREATE INDEX workspace_agents_resource_id_idx ON workspace_agents (resource_id);
CREATE INDEX workspace_agents_job_id_idx ON workspace_agents (job_id);
CREATE INDEX workspace_agents_workspace_id_idx ON workspace_agents (workspace_id) WHERE NOT deleted;
CREATE INDEX workspace_agents_auth_token_idx ON workspace_agents (auth_token) WHERE NOT deleted;
CREATE INDEX workspace_agents_auth_instance_id_idx ON workspace_agents (auth_instance_id)
    WHERE auth_instance_id IS NOT NULL AND NOT deleted;

CREATE TABLE workspace_agent_log_sources (
    workspace_agent_id uuid NOT NULL REFERENCES workspace_agents (id) ON DELETE CASCADE,
    id                 uuid NOT NULL,
    created_at         timestamptz NOT NULL,
    display_name       text NOT NULL,
    icon               text NOT NULL,
    PRIMARY KEY (workspace_agent_id, id)
);

-- An app keeps its id from build to build (it comes from the template's state), so it moves to the new agent.
CREATE TABLE workspace_apps (
    id                    uuid PRIMARY KEY,
    created_at            timestamptz NOT NULL,
    agent_id              uuid NOT NULL REFERENCES workspace_agents (id) ON DELETE CASCADE,
    slug                  text NOT NULL,
    display_name          text NOT NULL,
    icon                  text NOT NULL,
    command               text NOT NULL,
    url                   text NOT NULL,
    external              boolean NOT NULL,
    subdomain             boolean NOT NULL,
    sharing_level         text NOT NULL,
    healthcheck_url       text NOT NULL,
    healthcheck_interval  integer NOT NULL,
    healthcheck_threshold integer NOT NULL,
    health                text NOT NULL,
    display_order         integer NOT NULL,
    display_group         text NOT NULL,
    hidden                boolean NOT NULL,
    open_in               text NOT NULL,
    tooltip               text NOT NULL
);
CREATE UNIQUE INDEX workspace_apps_agent_id_slug_idx ON workspace_apps (agent_id, slug);
