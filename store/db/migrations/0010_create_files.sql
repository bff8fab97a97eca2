-- Archives: template sources of a user, module archives (created_by is the nil UUID), starter templates.
CREATE TABLE files (
    id         uuid PRIMARY KEY,
    hash       text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid NOT NULL,
    mimetype   text NOT NULL,
    data       bytea NOT NULL,
    CONSTRAINT files_hash_created_by_key UNIQUE (hash, created_by)
);
-- Archives are compressed already or small; what matters is reading them fast.
ALTER TABLE files ALTER COLUMN data SET STORAGE EXTERNAL;
