-- $1 user, $2 name of the key
DELETE FROM api_keys WHERE user_id = $1 AND token_name = $2 RETURNING id
