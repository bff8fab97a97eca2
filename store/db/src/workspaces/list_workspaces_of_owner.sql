-- list_workspaces for one owner ($10 is not null): a text of its own, because a plan for "any or this one" reads every
-- workspace. A test keeps the two equal.
-- Who asks: $1 all, $2 orgs, $3 user, $4 member orgs, $5 acl orgs, $6 acl groups, $7 acl actions, $8 ids of the key or null
-- Search, null for "any": $9 ids, $10 owner id, $11 owner name, $12 name pattern, $13 template name, $14 organization,
-- $15 states, $16 dormant, $17 used after, $18 used before, $19 outdated, $20 parameters, $21 agent states, $22 shared,
-- $23 shared with user, $24 shared with group, $25 has external agent
-- Page: $26 offset, $27 limit or null
WITH matching AS MATERIALIZED (
    SELECT w.id,
        w.favorite AND w.owner_id = $3 AS mine_first,
        b.transition = 'start' AND j.status = 'succeeded' AS running,
        lower(o.username) AS owner_name,
        lower(w.name) AS workspace_name
    FROM workspaces w
    JOIN users o ON o.id = w.owner_id
    CROSS JOIN LATERAL (
        SELECT job_id, transition, template_version_id, parameters, has_external_agent
        FROM workspace_builds WHERE id = w.latest_build_id OFFSET 0
    ) b
    CROSS JOIN LATERAL (SELECT status FROM provisioner_jobs WHERE id = b.job_id OFFSET 0) j
    JOIN templates t ON t.id = w.template_id
    WHERE NOT w.deleted
        AND ($1
            OR w.organization_id = ANY ($2::uuid[])
            OR (w.owner_id = $3 AND w.organization_id = ANY ($4::uuid[]))
            OR (w.organization_id = ANY ($5::uuid[]) AND (
                w.user_acl -> $3::uuid::text ?| $7::text[]
                OR EXISTS (SELECT 1 FROM jsonb_each(w.group_acl) g WHERE g.key = ANY ($6::text[]) AND g.value ?| $7::text[])
            )))
        AND ($8::uuid[] IS NULL OR w.id = ANY ($8))
        AND ($9::uuid[] IS NULL OR w.id = ANY ($9))
        AND w.owner_id = $10
        AND ($11::text IS NULL OR lower(o.username) = $11)
        AND ($12::text IS NULL OR w.name ILIKE $12)
        AND ($13::text IS NULL OR lower(t.name) = $13)
        AND ($14::uuid IS NULL OR w.organization_id = $14)
        AND ($15::text[] IS NULL OR CASE
            WHEN j.status = 'succeeded' THEN CASE b.transition WHEN 'start' THEN 'running' WHEN 'stop' THEN 'stopped' ELSE 'deleted' END
            WHEN j.status = 'running' THEN CASE b.transition WHEN 'start' THEN 'starting' WHEN 'stop' THEN 'stopping' ELSE 'deleting' END
            ELSE j.status
        END = ANY ($15))
        AND ($16::boolean IS NULL OR (w.dormant_at IS NOT NULL) = $16)
        AND ($17::timestamptz IS NULL OR w.last_used_at >= $17)
        AND ($18::timestamptz IS NULL OR w.last_used_at <= $18)
        AND ($19::boolean IS NULL OR (b.template_version_id <> t.active_version_id) = $19)
        AND ($20::jsonb[] IS NULL OR NOT EXISTS (SELECT 1 FROM unnest($20) AS p (wanted) WHERE NOT b.parameters @> p.wanted))
        AND ($21::text[] IS NULL OR EXISTS (
            SELECT 1 FROM workspace_agents a
            WHERE a.job_id = b.job_id AND NOT a.deleted AND CASE
                WHEN a.first_connected_at IS NULL AND a.connection_timeout_seconds > 0
                    AND a.created_at + a.connection_timeout_seconds * interval '1 second' < now() THEN 'timeout'
                WHEN a.first_connected_at IS NULL THEN 'connecting'
                WHEN a.disconnected_at >= a.last_connected_at THEN 'disconnected'
                ELSE 'connected'
            END = ANY ($21)))
        AND ($22::boolean IS NULL OR (w.user_acl <> '{}' OR w.group_acl <> '{}') = $22)
        AND ($23::uuid IS NULL OR w.user_acl ? $23::text)
        AND ($24::uuid IS NULL OR w.group_acl ? $24::text)
        AND ($25::boolean IS NULL OR coalesce(b.has_external_agent, false) = $25)
), page AS (
    SELECT * FROM matching
    ORDER BY mine_first DESC, running DESC, owner_name, workspace_name
    OFFSET $26 LIMIT $27
)
SELECT d.*, (SELECT count(*) FROM matching) AS total
FROM page
-- Row by row: joined in one piece, whole tables would be read for a page.
CROSS JOIN LATERAL (SELECT * FROM workspace_details w WHERE w.id = page.id OFFSET 0) d
ORDER BY page.mine_first DESC, page.running DESC, page.owner_name, page.workspace_name
