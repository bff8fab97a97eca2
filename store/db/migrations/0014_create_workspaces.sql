CREATE TABLE workspaces (
    id                 uuid PRIMARY KEY,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    owner_id           uuid NOT NULL REFERENCES users (id),
    organization_id    uuid NOT NULL REFERENCES organizations (id),
    template_id        uuid NOT NULL REFERENCES templates (id),
    name               text NOT NULL,
    deleted            boolean NOT NULL DEFAULT false,
    autostart_schedule text,
    ttl_ms             bigint,
    automatic_updates  text NOT NULL DEFAULT 'never',
    last_used_at       timestamptz NOT NULL,
    dormant_at         timestamptz,
    deleting_at        timestamptz,
    next_start_at      timestamptz,
    -- Only the owner can mark a workspace.
    favorite           boolean NOT NULL DEFAULT false,
    user_acl           jsonb NOT NULL DEFAULT '{}',
    group_acl          jsonb NOT NULL DEFAULT '{}',
    -- The build with the highest number; set in the transaction that inserts it.
    latest_build_id    uuid
);
CREATE UNIQUE INDEX workspaces_owner_id_name_idx ON workspaces (owner_id, lower(name)) WHERE NOT deleted;
CREATE INDEX workspaces_template_id_idx ON workspaces (template_id) WHERE NOT deleted;
CREATE INDEX workspaces_latest_build_id_idx ON workspaces (latest_build_id);

CREATE TABLE workspace_builds (
    id                         uuid PRIMARY KEY,
    created_at                 timestamptz NOT NULL,
    updated_at                 timestamptz NOT NULL,
    workspace_id               uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    template_version_id        uuid NOT NULL REFERENCES template_versions (id),
    build_number               integer NOT NULL,
    transition                 text NOT NULL CHECK (transition IN ('start', 'stop', 'delete')),
    reason                     text NOT NULL DEFAULT 'initiator',
    initiator_id               uuid NOT NULL REFERENCES users (id),
    job_id                     uuid NOT NULL REFERENCES provisioner_jobs (id) ON DELETE CASCADE,
    deadline                   timestamptz,
    max_deadline               timestamptz,
    daily_cost                 integer NOT NULL DEFAULT 0,
    template_version_preset_id uuid,
    has_external_agent         boolean,
    -- [{name, value}]: every resolved value, in the order of the request
    parameters                 jsonb NOT NULL DEFAULT '[]',
    provisioner_state          bytea,
    CONSTRAINT workspace_builds_job_id_key UNIQUE (job_id),
    CONSTRAINT workspace_builds_workspace_id_build_number_key UNIQUE (workspace_id, build_number),
    CONSTRAINT workspace_builds_deadline_below_max CHECK (max_deadline IS NULL OR deadline IS NULL OR deadline <= max_deadline)
);
CREATE INDEX workspace_builds_template_version_id_idx ON workspace_builds (template_version_id);
CREATE INDEX workspace_builds_deadline_idx ON workspace_builds (deadline) WHERE deadline IS NOT NULL;
