CREATE TABLE audit_logs (
    id                uuid PRIMARY KEY,
    time              timestamptz NOT NULL,
    user_id           uuid NOT NULL,
    organization_id   uuid NOT NULL,
    ip                text NOT NULL DEFAULT '',
    user_agent        text NOT NULL DEFAULT '',
    resource_type     text NOT NULL,
    resource_id       uuid NOT NULL,
    resource_target   text NOT NULL,
    resource_icon     text NOT NULL DEFAULT '',
    action            text NOT NULL,
    diff              jsonb NOT NULL DEFAULT '{}',
    status_code       integer NOT NULL,
    additional_fields jsonb NOT NULL DEFAULT '{}',
    request_id        uuid NOT NULL
);
CREATE INDEX audit_logs_time_idx ON audit_logs (time DESC);
CREATE INDEX audit_logs_resource_id_idx ON audit_logs (resource_id);
