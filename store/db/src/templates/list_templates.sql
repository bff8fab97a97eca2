-- Who asks: $1 all, $2 orgs, $3 user, $4 member orgs, $5 acl orgs, $6 acl groups, $7 acl actions, $8 ids of the key or null
-- Search, null for "any": $9 organization, $10 exact name, $11 exact display name, $12 name pattern, $13 display name
-- pattern, $14 ids, $15 author, $16 author name, $17 deprecated, $18 deleted, $19 has external agent
SELECT t.*
FROM template_details t
WHERE t.deleted = coalesce($18::boolean, false)
    AND ($1
        OR t.organization_id = ANY ($2::uuid[])
        OR (t.created_by = $3 AND t.organization_id = ANY ($4::uuid[]))
        OR (t.organization_id = ANY ($5::uuid[]) AND (
            t.user_acl -> $3::uuid::text ?| $7::text[]
            OR EXISTS (SELECT 1 FROM jsonb_each(t.group_acl) g WHERE g.key = ANY ($6::text[]) AND g.value ?| $7::text[])
        )))
    AND ($8::uuid[] IS NULL OR t.id = ANY ($8))
    AND ($9::uuid IS NULL OR t.organization_id = $9)
    AND ($10::text IS NULL OR lower(t.name) = $10)
    AND ($11::text IS NULL OR lower(t.display_name) = $11)
    AND ($12::text IS NULL OR t.name ILIKE $12)
    AND ($13::text IS NULL OR (CASE WHEN t.display_name = '' THEN t.name ELSE t.display_name END) ILIKE $13)
    AND ($14::uuid[] IS NULL OR t.id = ANY ($14))
    AND ($15::uuid IS NULL OR t.created_by = $15)
    AND ($16::text IS NULL OR lower(t.created_by_name) = $16)
    AND ($17::boolean IS NULL OR (t.deprecation_message <> '') = $17)
    AND ($19::boolean IS NULL OR EXISTS (
        SELECT 1 FROM template_versions v WHERE v.id = t.active_version_id AND v.has_external_agent = $19))
ORDER BY lower(t.name), t.id
