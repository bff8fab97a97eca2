-- Output of an agent's scripts; the length of all of it is kept in workspace_agents.logs_length.
CREATE TABLE workspace_agent_logs (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent_id       uuid NOT NULL REFERENCES workspace_agents (id) ON DELETE CASCADE,
    created_at     timestamptz NOT NULL,
    level          text NOT NULL,
    log_source_id  uuid NOT NULL,
    output         text NOT NULL
);
CREATE INDEX workspace_agent_logs_agent_id_id_idx ON workspace_agent_logs (agent_id, id);
