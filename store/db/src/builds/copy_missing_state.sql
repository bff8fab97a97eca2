-- A build that never stored a state gets that of the build before. $1 job
UPDATE workspace_builds b
SET provisioner_state = prev.provisioner_state
FROM workspace_builds prev
WHERE b.job_id = $1 AND b.provisioner_state IS NULL
    AND prev.workspace_id = b.workspace_id AND prev.build_number = b.build_number - 1
