-- What the API shows of an object in one row. Columns of joined tables carry their table's name.
CREATE VIEW template_details AS
SELECT
    t.*,
    o.name         AS organization_name,
    o.display_name AS organization_display_name,
    o.icon         AS organization_icon,
    u.username     AS created_by_name
FROM templates t
JOIN organizations o ON o.id = t.organization_id
JOIN users u ON u.id = t.created_by;

CREATE VIEW template_version_details AS
SELECT
    v.id, v.created_at, v.updated_at, v.organization_id, v.template_id, v.created_by, v.job_id, v.name, v.message,
    v.archived, v.readme, v.has_external_agent,
    u.username        AS created_by_username,
    u.name            AS created_by_full_name,
    u.avatar_url      AS created_by_avatar_url,
    j.created_at      AS job_created_at,
    j.started_at      AS job_started_at,
    j.canceled_at     AS job_canceled_at,
    j.completed_at    AS job_completed_at,
    j.error           AS job_error,
    j.error_code      AS job_error_code,
    j.initiator_id    AS job_initiator_id,
    j.file_id         AS job_file_id,
    j.worker_id       AS job_worker_id,
    j.tags            AS job_tags,
    j.logs_overflowed AS job_logs_overflowed,
    j.status          AS job_status,
    j.provisioner,
    t.user_acl        AS template_user_acl,
    t.group_acl       AS template_group_acl,
    t.active_version_id AS template_active_version_id,
    t.name            AS template_name,
    t.deleted         AS template_deleted
FROM template_versions v
JOIN users u ON u.id = v.created_by
JOIN provisioner_jobs j ON j.id = v.job_id
LEFT JOIN templates t ON t.id = v.template_id;

CREATE VIEW workspace_build_details AS
SELECT
    b.id, b.created_at, b.updated_at, b.workspace_id, b.template_version_id, b.build_number, b.transition, b.reason,
    b.initiator_id, b.job_id, b.deadline, b.max_deadline, b.daily_cost, b.template_version_preset_id, b.has_external_agent,
    v.name            AS template_version_name,
    i.username        AS initiator_name,
    w.name            AS workspace_name,
    w.owner_id        AS workspace_owner_id,
    w.organization_id AS workspace_organization_id,
    w.template_id     AS workspace_template_id,
    w.dormant_at      AS workspace_dormant_at,
    w.deleted         AS workspace_deleted,
    w.latest_build_id AS workspace_latest_build_id,
    w.user_acl        AS workspace_user_acl,
    w.group_acl       AS workspace_group_acl,
    o.username        AS workspace_owner_name,
    o.avatar_url      AS workspace_owner_avatar_url,
    j.created_at      AS job_created_at,
    j.started_at      AS job_started_at,
    j.canceled_at     AS job_canceled_at,
    j.completed_at    AS job_completed_at,
    j.error           AS job_error,
    j.error_code      AS job_error_code,
    j.initiator_id    AS job_initiator_id,
    j.file_id         AS job_file_id,
    j.worker_id       AS job_worker_id,
    j.tags            AS job_tags,
    j.logs_overflowed AS job_logs_overflowed,
    j.status          AS job_status
FROM workspace_builds b
JOIN workspaces w ON w.id = b.workspace_id
JOIN provisioner_jobs j ON j.id = b.job_id
JOIN template_versions v ON v.id = b.template_version_id
JOIN users o ON o.id = w.owner_id
JOIN users i ON i.id = b.initiator_id;

CREATE VIEW workspace_details AS
SELECT
    w.id, w.created_at, w.updated_at, w.owner_id, w.organization_id, w.template_id, w.name, w.deleted,
    w.autostart_schedule, w.ttl_ms, w.automatic_updates, w.last_used_at, w.dormant_at, w.deleting_at, w.next_start_at,
    w.favorite, w.user_acl, w.group_acl,
    o.username        AS owner_name,
    o.avatar_url      AS owner_avatar_url,
    g.name            AS organization_name,
    t.name            AS template_name,
    t.display_name    AS template_display_name,
    t.icon            AS template_icon,
    t.active_version_id AS template_active_version_id,
    t.allow_user_cancel_workspace_jobs AS template_allow_user_cancel_workspace_jobs,
    t.require_active_version AS template_require_active_version,
    t.use_classic_parameter_flow AS template_use_classic_parameter_flow,
    t.allow_user_autostop AS template_allow_user_autostop,
    t.default_ttl_ms  AS template_default_ttl_ms,
    b.id              AS build_id,
    b.created_at      AS build_created_at,
    b.updated_at      AS build_updated_at,
    b.template_version_id,
    b.build_number,
    b.transition,
    b.reason,
    b.initiator_id,
    b.job_id,
    b.deadline,
    b.max_deadline,
    b.daily_cost,
    b.template_version_preset_id,
    b.has_external_agent,
    v.name            AS template_version_name,
    i.username        AS initiator_name,
    j.created_at      AS job_created_at,
    j.started_at      AS job_started_at,
    j.canceled_at     AS job_canceled_at,
    j.completed_at    AS job_completed_at,
    j.error           AS job_error,
    j.error_code      AS job_error_code,
    j.initiator_id    AS job_initiator_id,
    j.file_id         AS job_file_id,
    j.worker_id       AS job_worker_id,
    j.tags            AS job_tags,
    j.logs_overflowed AS job_logs_overflowed,
    j.status          AS job_status
FROM workspaces w
JOIN users o ON o.id = w.owner_id
JOIN organizations g ON g.id = w.organization_id
JOIN templates t ON t.id = w.template_id
JOIN workspace_builds b ON b.id = w.latest_build_id
JOIN provisioner_jobs j ON j.id = b.job_id
JOIN template_versions v ON v.id = b.template_version_id
JOIN users i ON i.id = b.initiator_id;
