-- An organization for workspaces and templates: by id, by name, else the default one. $1 id or null, $2 name or null
SELECT id, name, display_name, icon FROM organizations
WHERE NOT deleted AND CASE
    WHEN $1::uuid IS NOT NULL THEN id = $1
    WHEN $2::text IS NOT NULL THEN lower(name) = lower($2)
    ELSE is_default
END
