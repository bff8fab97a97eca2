-- $1: organization, $2: user
WITH groups AS (
    DELETE FROM group_members gm USING groups g
    WHERE g.id = gm.group_id AND g.organization_id = $1 AND gm.user_id = $2
)
DELETE FROM organization_members WHERE organization_id = $1 AND user_id = $2
