CREATE TABLE users (
    id                    uuid PRIMARY KEY,
    username              text NOT NULL,
    -- Empty for service accounts.
    email                 text NOT NULL,
    name                  text NOT NULL DEFAULT '',
    avatar_url            text NOT NULL DEFAULT '',
    login_type            text NOT NULL,
    status                text NOT NULL CHECK (status IN ('active', 'dormant', 'suspended')),
    -- PHC string; null for accounts that do not log in by password.
    password_hash         text,
    site_roles            text[] NOT NULL DEFAULT '{}',
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,
    last_seen_at          timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
    deleted               boolean NOT NULL DEFAULT false,
    is_system             boolean NOT NULL DEFAULT false,
    is_service_account    boolean NOT NULL DEFAULT false,
    github_com_user_id    bigint,
    quiet_hours_schedule  text NOT NULL DEFAULT '',
    theme_preference      text NOT NULL DEFAULT '',
    terminal_font         text NOT NULL DEFAULT '',
    one_time_passcode     text,
    passcode_expires_at   timestamptz
);
CREATE UNIQUE INDEX users_username_idx ON users (lower(username)) WHERE NOT deleted;
CREATE UNIQUE INDEX users_email_idx ON users (lower(email)) WHERE NOT deleted AND email <> '';

-- The account at an identity provider; linked_id is issuer and subject.
CREATE TABLE user_links (
    user_id             uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    login_type          text NOT NULL,
    linked_id           text NOT NULL,
    oauth_access_token  text NOT NULL DEFAULT '',
    oauth_refresh_token text NOT NULL DEFAULT '',
    oauth_expiry        timestamptz,
    claims              jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (user_id, login_type)
);
CREATE UNIQUE INDEX user_links_linked_id_idx ON user_links (login_type, linked_id) WHERE linked_id <> '';
