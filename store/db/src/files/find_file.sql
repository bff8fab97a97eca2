-- $1 id
SELECT id, hash, created_at, created_by, mimetype, data FROM files WHERE id = $1
