-- $1 agent, $2 script, $3 start, $4 end, $5 exit code, $6 stage, $7 status
INSERT INTO workspace_agent_script_timings (agent_id, script_id, started_at, ended_at, exit_code, stage, status)
VALUES ($1, $2, $3, $4, $5, $6, $7)
