-- $1: key, $2: value; an existing value is kept and returned.
INSERT INTO site_settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = site_settings.value
RETURNING value
