-- Workspaces for which the lifecycle may have to do something; the rules themselves are checked per workspace. $1 now
SELECT w.id
FROM workspaces w
JOIN templates t ON t.id = w.template_id
JOIN users u ON u.id = w.owner_id
JOIN workspace_builds b ON b.id = w.latest_build_id
JOIN provisioner_jobs j ON j.id = b.job_id
WHERE NOT w.deleted AND j.completed_at IS NOT NULL
    AND (
        (b.transition = 'start' AND j.status = 'succeeded' AND w.dormant_at IS NULL
            AND (b.deadline <= $1 OR u.status = 'suspended'))
        OR (b.transition = 'stop' AND j.status = 'succeeded' AND w.dormant_at IS NULL AND u.status = 'active'
            AND t.allow_user_autostart AND w.autostart_schedule IS NOT NULL
            AND (w.next_start_at IS NULL OR w.next_start_at <= $1))
        OR (b.transition IN ('start', 'stop') AND j.status = 'failed' AND t.failure_ttl_ms > 0
            AND j.completed_at + t.failure_ttl_ms * interval '1 millisecond' <= $1)
        OR (w.dormant_at IS NULL AND t.time_til_dormant_ms > 0
            AND w.last_used_at + t.time_til_dormant_ms * interval '1 millisecond' < $1)
        OR (w.dormant_at IS NOT NULL AND t.time_til_dormant_autodelete_ms > 0 AND w.deleting_at <= $1
            AND (b.transition <> 'delete' OR j.completed_at + interval '24 hours' < $1))
    )
