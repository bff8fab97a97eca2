-- $1: id
SELECT ARRAY[
    (SELECT count(*) FROM workspaces WHERE organization_id = $1 AND NOT deleted),
    (SELECT count(*) FROM templates WHERE organization_id = $1 AND NOT deleted),
    (SELECT count(*) FROM groups WHERE organization_id = $1 AND id <> $1),
    (SELECT count(*) FROM organization_members WHERE organization_id = $1)
]
