-- $1 id
SELECT id, created_by FROM files WHERE id = $1
