-- The key pair with which the owner of an agent's workspace reaches repositories. $1 user
SELECT public_key, private_key FROM git_ssh_keys WHERE user_id = $1
