-- $1: id, $2: theme, $3: font, $4: now
UPDATE users SET theme_preference = $2, terminal_font = $3, updated_at = $4 WHERE id = $1
