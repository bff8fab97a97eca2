-- The key pair with which the owner of an agent's workspace reaches repositories; none for one who may not act. $1 user
SELECT k.public_key, k.private_key
FROM git_ssh_keys k
JOIN users u ON u.id = k.user_id AND u.status <> 'suspended' AND NOT u.deleted
WHERE k.user_id = $1
