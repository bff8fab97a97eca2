-- $1: user
SELECT user_id, created_at, updated_at, private_key, public_key FROM git_ssh_keys WHERE user_id = $1
