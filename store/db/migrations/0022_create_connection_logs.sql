-- Sessions into workspaces, one row for each connection id of an agent.
CREATE TABLE connection_logs (
    connection_id    uuid NOT NULL,
    workspace_id     uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    agent_name       text NOT NULL,
    kind             text NOT NULL,
    ip               text,
    connected_at     timestamptz NOT NULL,
    disconnected_at  timestamptz,
    status_code      integer,
    reason           text,
    PRIMARY KEY (connection_id, workspace_id, agent_name)
);
CREATE INDEX connection_logs_connected_at_idx ON connection_logs (connected_at DESC);
