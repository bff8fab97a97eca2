-- What a job planned or built. Rows of imports and dry runs have no workspace.
CREATE TABLE workspace_resources (
    id            uuid PRIMARY KEY,
    created_at    timestamptz NOT NULL,
    job_id        uuid NOT NULL REFERENCES provisioner_jobs (id) ON DELETE CASCADE,
    transition    text NOT NULL,
    type          text NOT NULL,
    name          text NOT NULL,
    hide          boolean NOT NULL,
    icon          text NOT NULL,
    instance_type text NOT NULL,
    daily_cost    integer NOT NULL,
    module_path   text NOT NULL,
    -- [{key, value, sensitive}]
    metadata      jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX workspace_resources_job_id_idx ON workspace_resources (job_id);

CREATE TABLE workspace_modules (
    id         uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    job_id     uuid NOT NULL REFERENCES provisioner_jobs (id) ON DELETE CASCADE,
    transition text NOT NULL,
    source     text NOT NULL,
    version    text NOT NULL,
    key        text NOT NULL
);
CREATE INDEX workspace_modules_job_id_idx ON workspace_modules (job_id);
