-- Whether the latest build started the workspace: lists are ordered by it, so a page is found by an index alone.
ALTER TABLE workspaces ADD COLUMN running boolean NOT NULL DEFAULT false;
UPDATE workspaces w SET running = true
FROM workspace_builds b
JOIN provisioner_jobs j ON j.id = b.job_id
WHERE b.id = w.latest_build_id AND b.transition = 'start' AND j.status = 'succeeded';
CREATE INDEX workspaces_of_owner_idx ON workspaces (owner_id, favorite DESC, running DESC, lower(name)) WHERE NOT deleted;

-- Kept by triggers, so that it holds whatever version of the server writes.
CREATE FUNCTION workspaces_set_running() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.running := EXISTS (
        SELECT FROM workspace_builds b
        JOIN provisioner_jobs j ON j.id = b.job_id
        WHERE b.id = NEW.latest_build_id AND b.transition = 'start' AND j.status = 'succeeded'
    );
    RETURN NEW;
END $$;
CREATE TRIGGER workspaces_set_running BEFORE UPDATE OF latest_build_id ON workspaces
    FOR EACH ROW WHEN (OLD.latest_build_id IS DISTINCT FROM NEW.latest_build_id)
    EXECUTE FUNCTION workspaces_set_running();

CREATE FUNCTION provisioner_jobs_set_running() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workspaces w SET running = (NEW.status = 'succeeded')
    FROM workspace_builds b
    WHERE b.job_id = NEW.id AND b.transition = 'start' AND w.id = b.workspace_id AND w.latest_build_id = b.id;
    RETURN NULL;
END $$;
CREATE TRIGGER provisioner_jobs_set_running AFTER UPDATE ON provisioner_jobs
    FOR EACH ROW WHEN (NEW.type = 'workspace_build' AND (OLD.status = 'succeeded') <> (NEW.status = 'succeeded'))
    EXECUTE FUNCTION provisioner_jobs_set_running();
