-- The last signs of life of connected agents, for readers on other replicas and after a crash; one statement for all.
-- $1 agents, $2 times
UPDATE workspace_agents a
SET last_connected_at = GREATEST(a.last_connected_at, seen.at)
FROM unnest($1::uuid[], $2::timestamptz[]) AS seen (id, at)
WHERE a.id = seen.id
