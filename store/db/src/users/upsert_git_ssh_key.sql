-- $1: user, $2: private key, $3: public key, $4: now
INSERT INTO git_ssh_keys (user_id, created_at, updated_at, private_key, public_key) VALUES ($1, $4, $4, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET updated_at = $4, private_key = $2, public_key = $3
RETURNING user_id, created_at, updated_at, private_key, public_key
