CREATE TABLE git_ssh_keys (
    user_id     uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    -- OpenSSH formats.
    private_key text NOT NULL,
    public_key  text NOT NULL
);
