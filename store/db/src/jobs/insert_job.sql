-- $1 id, $2 now, $3 organization, $4 initiator, $5 provisioner, $6 file, $7 type, $8 input, $9 tags
INSERT INTO provisioner_jobs (id, created_at, updated_at, organization_id, initiator_id, provisioner, file_id, type, input, tags)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9)
