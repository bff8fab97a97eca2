CREATE TABLE organizations (
    id                   uuid PRIMARY KEY,
    name                 text NOT NULL,
    display_name         text NOT NULL,
    description          text NOT NULL DEFAULT '',
    icon                 text NOT NULL DEFAULT '',
    is_default           boolean NOT NULL DEFAULT false,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    deleted              boolean NOT NULL DEFAULT false,
    -- How far workspaces may be shared: everyone, service_accounts, none.
    sharing              text NOT NULL DEFAULT 'everyone' CHECK (sharing IN ('everyone', 'service_accounts', 'none')),
    default_member_roles text[] NOT NULL DEFAULT '{organization-workspace-access}'
);
CREATE UNIQUE INDEX organizations_name_idx ON organizations (lower(name)) WHERE NOT deleted;
CREATE UNIQUE INDEX organizations_is_default_idx ON organizations (is_default) WHERE is_default;

CREATE TABLE organization_members (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    -- Without the organization's default roles, which are added when roles are evaluated.
    roles           text[] NOT NULL DEFAULT '{}',
    CONSTRAINT organization_members_pkey PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX organization_members_user_id_idx ON organization_members (user_id);

CREATE TABLE groups (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            text NOT NULL,
    display_name    text NOT NULL DEFAULT '',
    avatar_url      text NOT NULL DEFAULT '',
    quota_allowance integer NOT NULL DEFAULT 0,
    source          text NOT NULL DEFAULT 'user'
);
CREATE UNIQUE INDEX groups_name_idx ON groups (organization_id, lower(name));

-- The "Everyone" group of an organization has the organization's id and holds every member without rows here.
CREATE TABLE group_members (
    group_id uuid NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_id  uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user_id_idx ON group_members (user_id);

CREATE TABLE custom_roles (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            text NOT NULL,
    display_name    text NOT NULL DEFAULT '',
    -- [{"negate": bool, "resource_type": text, "action": text}]
    permissions     jsonb NOT NULL DEFAULT '[]',
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CONSTRAINT custom_roles_pkey PRIMARY KEY (organization_id, name)
);

INSERT INTO organizations (id, name, display_name, description, is_default, created_at, updated_at)
VALUES (gen_random_uuid(), 'coder', 'Coder', 'Builtin default organization.', true, now(), now());
INSERT INTO groups (id, organization_id, name) SELECT id, id, 'Everyone' FROM organizations;
