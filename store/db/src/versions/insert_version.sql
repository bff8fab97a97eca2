-- $1 id, $2 now, $3 organization, $4 template or null, $5 creator, $6 job, $7 name, $8 message, $9 example or null
INSERT INTO template_versions
    (id, created_at, updated_at, organization_id, template_id, created_by, job_id, name, message, source_example_id)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9)
