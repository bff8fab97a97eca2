-- list_workspaces for an owner who asks for all of their own: the page by an index, the total from the table of counts.
-- $1 owner, who asks; $2 in all organizations, $3 else in these; $4 offset, $5 limit or null
WITH page AS MATERIALIZED (
    SELECT w.id, w.favorite, w.running, lower(w.name) AS workspace_name
    FROM workspaces w
    WHERE NOT w.deleted AND w.owner_id = $1 AND ($2 OR w.organization_id = ANY ($3::uuid[]))
    ORDER BY w.favorite DESC, w.running DESC, lower(w.name)
    -- Subqueries hide the numbers from the planner: a plan made for each page would cost more than the page.
    OFFSET (SELECT $4::bigint) LIMIT (SELECT $5::bigint)
)
SELECT d.*, (
    SELECT coalesce(sum(c.live), 0)::bigint FROM workspace_counts c
    WHERE c.owner_id = $1 AND ($2 OR c.organization_id = ANY ($3::uuid[]))
) AS total
FROM page
-- Row by row: joined in one piece, whole tables would be read for a page.
CROSS JOIN LATERAL (SELECT * FROM workspace_details w WHERE w.id = page.id OFFSET 0) d
ORDER BY page.favorite DESC, page.running DESC, page.workspace_name
