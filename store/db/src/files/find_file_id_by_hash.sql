-- $1 hash, $2 creator
SELECT id FROM files WHERE hash = $1 AND created_by = $2
