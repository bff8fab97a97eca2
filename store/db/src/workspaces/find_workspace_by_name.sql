-- The live one, else (with $3) the youngest deleted one. $1 owner, $2 name, $3 include deleted
SELECT * FROM workspace_details
WHERE owner_id = $1 AND lower(name) = lower($2) AND ($3 OR NOT deleted)
ORDER BY deleted, created_at DESC
LIMIT 1
