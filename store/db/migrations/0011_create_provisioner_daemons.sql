-- Who may take jobs: keys and the daemons that were seen.
CREATE TABLE provisioner_keys (
    id              uuid PRIMARY KEY,
    created_at      timestamptz NOT NULL,
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            text NOT NULL,
    hashed_secret   bytea NOT NULL,
    tags            jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX provisioner_keys_organization_id_name_idx ON provisioner_keys (organization_id, lower(name));
CREATE UNIQUE INDEX provisioner_keys_hashed_secret_idx ON provisioner_keys (hashed_secret);

-- key_id is a row of provisioner_keys or one of the three fixed ids (built-in, user token, shared secret).
CREATE TABLE provisioner_daemons (
    id              uuid PRIMARY KEY,
    created_at      timestamptz NOT NULL,
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    key_id          uuid NOT NULL,
    name            text NOT NULL,
    provisioners    text[] NOT NULL,
    tags            jsonb NOT NULL,
    last_seen_at    timestamptz,
    version         text NOT NULL DEFAULT '',
    api_version     text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX provisioner_daemons_organization_id_name_owner_idx
    ON provisioner_daemons (organization_id, name, lower(coalesce(tags ->> 'owner', '')));
