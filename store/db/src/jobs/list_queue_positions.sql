-- Each pending job's place among the pending jobs of the daemons that could run it: the best place, the longest queue.
-- $1 jobs, $2 daemons seen since, $3 prebuilds user
WITH wanted AS (
    SELECT id, organization_id FROM provisioner_jobs
    WHERE id = ANY ($1::uuid[]) AND started_at IS NULL AND completed_at IS NULL
), kinds AS (
    SELECT DISTINCT d.organization_id, d.tags, p.provisioner
    FROM provisioner_daemons d, unnest(d.provisioners) AS p (provisioner)
    WHERE d.last_seen_at >= $2 AND d.organization_id IN (SELECT organization_id FROM wanted)
), ranked AS (
    SELECT j.id,
        rank() OVER (PARTITION BY k.organization_id, k.tags ORDER BY j.initiator_id = $3, j.created_at) AS position,
        count(*) OVER (PARTITION BY k.organization_id, k.tags) AS size
    FROM provisioner_jobs j
    JOIN kinds k ON k.organization_id = j.organization_id AND k.provisioner = j.provisioner
        AND CASE
            WHEN j.tags = '{"scope": "organization", "owner": ""}'::jsonb THEN j.tags = k.tags
            ELSE j.tags <@ k.tags
        END
    WHERE j.started_at IS NULL AND j.completed_at IS NULL
)
SELECT id, min(position) AS position, max(size) AS size
FROM ranked
WHERE id IN (SELECT id FROM wanted)
GROUP BY id
