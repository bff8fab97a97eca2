-- $1: key
SELECT value FROM site_settings WHERE key = $1
