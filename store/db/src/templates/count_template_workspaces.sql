-- $1 template, $2 prebuilds user
SELECT count(*) FROM workspaces WHERE template_id = $1 AND NOT deleted AND owner_id <> $2
