-- While notifications are paused, new ones wait where their readers do not see them.
ALTER TABLE inbox_notifications ADD COLUMN held boolean NOT NULL DEFAULT false;
CREATE INDEX inbox_notifications_held_idx ON inbox_notifications (created_at) WHERE held;
