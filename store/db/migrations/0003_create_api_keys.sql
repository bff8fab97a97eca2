CREATE TABLE api_keys (
    -- The public half of the token.
    id               text PRIMARY KEY,
    -- SHA-256 of the secret half.
    hashed_secret    bytea NOT NULL,
    user_id          uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    login_type       text NOT NULL,
    token_name       text NOT NULL DEFAULT '',
    scopes           text[] NOT NULL DEFAULT '{coder:all}',
    allow_list       text[] NOT NULL DEFAULT '{*:*}',
    lifetime_seconds bigint NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    last_used        timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    ip_address       text NOT NULL DEFAULT ''
);
CREATE INDEX api_keys_user_id_idx ON api_keys (user_id);
CREATE UNIQUE INDEX api_keys_token_name_idx ON api_keys (user_id, token_name) WHERE login_type = 'token';
