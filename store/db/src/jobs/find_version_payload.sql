-- What a daemon needs for an import or a dry run. $1 job, $2 version
SELECT v.id AS version_id, v.name AS version_name, v.template_id, v.variables,
    i.username AS initiator_username,
    f.data AS archive
FROM template_versions v
JOIN provisioner_jobs j ON j.id = $1
JOIN users i ON i.id = j.initiator_id
JOIN files f ON f.id = j.file_id
WHERE v.id = $2
