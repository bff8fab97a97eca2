-- $1: id
DELETE FROM api_keys WHERE id = $1
