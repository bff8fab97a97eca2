-- How many workspaces an owner has: lists tell it, whatever page they show. Kept by triggers, so that it holds whatever
-- version of the server writes.
CREATE TABLE workspace_counts (
    owner_id        uuid NOT NULL,
    organization_id uuid NOT NULL,
    live            bigint NOT NULL,
    PRIMARY KEY (owner_id, organization_id)
) WITH (fillfactor = 50);

CREATE FUNCTION workspaces_count_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workspace_counts AS c (owner_id, organization_id, live)
    SELECT owner_id, organization_id, count(*) FROM added WHERE NOT deleted GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (owner_id, organization_id) DO UPDATE SET live = c.live + excluded.live;
    RETURN NULL;
END $$;
CREATE TRIGGER workspaces_count_added AFTER INSERT ON workspaces
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION workspaces_count_added();

CREATE FUNCTION workspaces_count_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT OLD.deleted THEN
        UPDATE workspace_counts SET live = live - 1
        WHERE owner_id = OLD.owner_id AND organization_id = OLD.organization_id;
    END IF;
    IF TG_OP = 'UPDATE' AND NOT NEW.deleted THEN
        INSERT INTO workspace_counts AS c (owner_id, organization_id, live) VALUES (NEW.owner_id, NEW.organization_id, 1)
        ON CONFLICT (owner_id, organization_id) DO UPDATE SET live = c.live + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER workspaces_count_updated AFTER UPDATE OF deleted, owner_id, organization_id ON workspaces
    FOR EACH ROW WHEN ((OLD.deleted, OLD.owner_id, OLD.organization_id)
        IS DISTINCT FROM (NEW.deleted, NEW.owner_id, NEW.organization_id))
    EXECUTE FUNCTION workspaces_count_changed();
CREATE TRIGGER workspaces_count_deleted AFTER DELETE ON workspaces
    FOR EACH ROW EXECUTE FUNCTION workspaces_count_changed();

-- The triggers' creation holds writers until this is committed; readers go on.
INSERT INTO workspace_counts (owner_id, organization_id, live)
SELECT owner_id, organization_id, count(*) FROM workspaces WHERE NOT deleted GROUP BY 1, 2;
