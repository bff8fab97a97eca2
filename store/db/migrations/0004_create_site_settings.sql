-- Settings and facts of the deployment that are not configuration: deployment id, dismissed health sections, …
CREATE TABLE site_settings (
    key   text PRIMARY KEY,
    value text NOT NULL
);

-- Keys that sign or encrypt what the server hands out; rotated, the newest started one signs.
CREATE TABLE crypto_keys (
    feature    text NOT NULL,
    sequence   integer NOT NULL,
    secret     bytea NOT NULL,
    starts_at  timestamptz NOT NULL,
    deletes_at timestamptz,
    PRIMARY KEY (feature, sequence)
);
