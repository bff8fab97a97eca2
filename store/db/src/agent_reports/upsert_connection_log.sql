-- $1 connection, $2 workspace, $3 agent name, $4 kind, $5 ip, $6 at, $7 is a disconnect, $8 status code, $9 reason
INSERT INTO connection_logs
    (connection_id, workspace_id, agent_name, kind, ip, connected_at, disconnected_at, status_code, reason)
VALUES ($1, $2, $3, $4, $5, $6::timestamptz, CASE WHEN $7 THEN $6::timestamptz END, $8, $9)
ON CONFLICT (connection_id, workspace_id, agent_name) DO UPDATE
SET connected_at = LEAST(connection_logs.connected_at, EXCLUDED.connected_at),
    disconnected_at = COALESCE(connection_logs.disconnected_at, EXCLUDED.disconnected_at),
    status_code = COALESCE(connection_logs.status_code, EXCLUDED.status_code),
    reason = COALESCE(connection_logs.reason, EXCLUDED.reason)
