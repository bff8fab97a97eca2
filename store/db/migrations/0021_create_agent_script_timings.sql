-- One row for each run of a script.
CREATE TABLE workspace_agent_script_timings (
    agent_id   uuid NOT NULL REFERENCES workspace_agents (id) ON DELETE CASCADE,
    script_id  uuid NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL,
    exit_code  integer NOT NULL,
    stage      text NOT NULL,
    status     text NOT NULL
);
CREATE INDEX workspace_agent_script_timings_agent_id_idx ON workspace_agent_script_timings (agent_id);
