CREATE TABLE inbox_notifications (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    template_id uuid NOT NULL,
    targets     uuid[] NOT NULL DEFAULT '{}',
    title       text NOT NULL,
    content     text NOT NULL,
    icon        text NOT NULL DEFAULT '',
    -- [{"label": text, "url": text}]
    actions     jsonb NOT NULL DEFAULT '[]',
    read_at     timestamptz,
    created_at  timestamptz NOT NULL
);
CREATE INDEX inbox_notifications_user_id_idx ON inbox_notifications (user_id, created_at DESC);

CREATE TABLE notification_preferences (
    user_id     uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    template_id uuid NOT NULL,
    disabled    boolean NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (user_id, template_id)
);
