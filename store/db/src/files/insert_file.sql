-- $1 id, $2 hash, $3 now, $4 creator, $5 media type, $6 data
INSERT INTO files (id, hash, created_at, created_by, mimetype, data)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (hash, created_by) DO NOTHING
RETURNING id
