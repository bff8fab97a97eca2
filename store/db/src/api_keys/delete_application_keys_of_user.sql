-- $1: user
DELETE FROM api_keys
WHERE user_id = $1 AND scopes <@ '{coder:application_connect}' AND cardinality(scopes) > 0
RETURNING id
