-- $1: id, $2: hash, $3: now
UPDATE users SET password_hash = $2, one_time_passcode = NULL, passcode_expires_at = NULL, updated_at = $3 WHERE id = $1
