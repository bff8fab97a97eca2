-- Prolongs builds; a deadline never becomes earlier. $1 builds, $2 deadlines
UPDATE workspace_builds b
SET deadline = new.deadline, updated_at = now()
FROM unnest($1::uuid[], $2::timestamptz[]) AS new (id, deadline)
WHERE b.id = new.id AND b.deadline < new.deadline
    AND (b.max_deadline IS NULL OR new.deadline <= b.max_deadline)
