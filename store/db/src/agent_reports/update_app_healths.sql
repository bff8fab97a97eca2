-- $1 agent, $2 apps, $3 healths
UPDATE workspace_apps p
SET health = new.health
FROM unnest($2::uuid[], $3::text[]) AS new (id, health)
WHERE p.id = new.id AND p.agent_id = $1
