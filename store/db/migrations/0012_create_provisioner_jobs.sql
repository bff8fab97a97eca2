-- The queue. A job is pending (no started_at), running, or complete; its status is computed from the times.
CREATE TABLE provisioner_jobs (
    id              uuid PRIMARY KEY,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    started_at      timestamptz,
    canceled_at     timestamptz,
    completed_at    timestamptz,
    error           text NOT NULL DEFAULT '',
    error_code      text NOT NULL DEFAULT '',
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    initiator_id    uuid NOT NULL,
    provisioner     text NOT NULL CHECK (provisioner IN ('terraform', 'echo')),
    file_id         uuid NOT NULL,
    type            text NOT NULL CHECK (type IN ('template_version_import', 'workspace_build', 'template_version_dry_run')),
    input           jsonb NOT NULL,
    worker_id       uuid,
    tags            jsonb NOT NULL,
    logs_length     integer NOT NULL DEFAULT 0 CHECK (logs_length <= 1048576),
    logs_overflowed boolean NOT NULL DEFAULT false,
    status          text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN completed_at IS NOT NULL THEN
                CASE WHEN error <> '' THEN 'failed' WHEN canceled_at IS NOT NULL THEN 'canceled' ELSE 'succeeded' END
            WHEN error <> '' THEN 'failed'
            WHEN canceled_at IS NOT NULL THEN 'canceling'
            WHEN started_at IS NULL THEN 'pending'
            ELSE 'running'
        END
    ) STORED
);
CREATE INDEX provisioner_jobs_pending_idx ON provisioner_jobs (organization_id, created_at)
    WHERE started_at IS NULL AND completed_at IS NULL;
CREATE INDEX provisioner_jobs_unfinished_idx ON provisioner_jobs (updated_at) WHERE completed_at IS NULL;
CREATE INDEX provisioner_jobs_organization_id_created_at_idx ON provisioner_jobs (organization_id, created_at DESC);
CREATE INDEX provisioner_jobs_worker_id_idx ON provisioner_jobs (worker_id, created_at DESC) WHERE worker_id IS NOT NULL;

-- source: 0 daemon, 1 provisioner. level: 0 trace … 4 error. The numbers of the daemons' protocol.
CREATE TABLE provisioner_job_logs (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id     uuid NOT NULL REFERENCES provisioner_jobs (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    source     smallint NOT NULL,
    level      smallint NOT NULL,
    stage      text NOT NULL,
    output     text NOT NULL
);
CREATE INDEX provisioner_job_logs_job_id_id_idx ON provisioner_job_logs (job_id, id);

CREATE TABLE provisioner_job_timings (
    job_id     uuid NOT NULL REFERENCES provisioner_jobs (id) ON DELETE CASCADE,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL,
    stage      text NOT NULL,
    source     text NOT NULL,
    action     text NOT NULL,
    resource   text NOT NULL
);
CREATE INDEX provisioner_job_timings_job_id_idx ON provisioner_job_timings (job_id);
