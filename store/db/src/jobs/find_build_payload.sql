-- Everything that a daemon needs for a workspace build, in one row. $1 job
SELECT b.id AS build_id, b.build_number, b.transition, b.parameters, b.provisioner_state,
    coalesce(prev.parameters, '[]'::jsonb) AS previous_parameters,
    w.id AS workspace_id, w.name AS workspace_name, w.organization_id,
    t.id AS template_id, t.name AS template_name,
    v.id AS version_id, v.name AS version_name, v.variables, v.external_auth,
    CASE WHEN t.disable_module_cache THEN NULL ELSE v.module_file_id END AS module_file_id,
    o.id AS owner_id, o.username AS owner_username, o.email AS owner_email, o.name AS owner_name,
    o.login_type AS owner_login_type, o.site_roles AS owner_site_roles,
    coalesce(m.roles || g.default_member_roles, '{}') AS owner_organization_roles,
    m.user_id IS NOT NULL AS owner_is_member,
    ARRAY(
        SELECT gr.name FROM groups gr
        WHERE gr.organization_id = w.organization_id
            AND CASE
                WHEN gr.id = gr.organization_id THEN m.user_id IS NOT NULL
                ELSE EXISTS (SELECT 1 FROM group_members gm WHERE gm.group_id = gr.id AND gm.user_id = o.id)
            END
        ORDER BY gr.name
    ) AS owner_groups,
    coalesce(k.public_key, '') AS ssh_public_key,
    coalesce(k.private_key, '') AS ssh_private_key,
    coalesce(l.oauth_access_token, '') AS oidc_access_token,
    i.username AS initiator_username,
    f.data AS archive
FROM workspace_builds b
JOIN provisioner_jobs j ON j.id = b.job_id
JOIN workspaces w ON w.id = b.workspace_id
JOIN organizations g ON g.id = w.organization_id
JOIN templates t ON t.id = w.template_id
JOIN template_versions v ON v.id = b.template_version_id
JOIN users o ON o.id = w.owner_id
JOIN users i ON i.id = j.initiator_id
JOIN files f ON f.id = j.file_id
LEFT JOIN workspace_builds prev ON prev.workspace_id = b.workspace_id AND prev.build_number = b.build_number - 1
LEFT JOIN organization_members m ON m.organization_id = w.organization_id AND m.user_id = o.id
LEFT JOIN git_ssh_keys k ON k.user_id = o.id
LEFT JOIN user_links l ON l.user_id = o.id AND l.login_type = 'oidc'
WHERE b.job_id = $1
