-- What changed in a workspace is numbered: every transaction that writes takes the next number first, and so the
-- numbers are in the order of commits, and two writers of one workspace take turns.
ALTER TABLE workspaces ADD COLUMN change_seq BIGINT NOT NULL DEFAULT 0;

-- What a person wants when a request does not say.
ALTER TABLE people ADD COLUMN timezone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE people ADD COLUMN overlap_policy TEXT NOT NULL DEFAULT 'allow'
    CHECK (overlap_policy IN ('allow', 'reject', 'trim'));

ALTER TABLE activities
    ADD COLUMN uid BYTEA NOT NULL DEFAULT uuid_send(gen_random_uuid()),
    ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN version BIGINT NOT NULL DEFAULT 1,
    ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
UPDATE activities SET updated_at = coalesce(deleted_at, created_at);
CREATE UNIQUE INDEX activities_uid ON activities (workspace_id, uid);
CREATE INDEX activities_feed ON activities (workspace_id, seq, id);

ALTER TABLE tracks
    ADD COLUMN uid BYTEA NOT NULL DEFAULT uuid_send(gen_random_uuid()),
    -- Names of tags, one to a line, in their order; each is in the workspace's list of tags.
    ADD COLUMN tags TEXT NOT NULL DEFAULT '',
    ADD COLUMN billable BOOLEAN NOT NULL DEFAULT FALSE,
    -- Where the person was: a name of the IANA database.
    ADD COLUMN timezone TEXT,
    ADD COLUMN source TEXT NOT NULL DEFAULT 'human' CHECK (source IN ('human', 'agent', 'import')),
    -- Written by somebody who wanted no overlap: the constraint below keeps such rows apart.
    ADD COLUMN exclusive BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN version BIGINT NOT NULL DEFAULT 1,
    ADD COLUMN seq BIGINT NOT NULL DEFAULT 0,
    -- A deleted track stays: it can be restored, and who mirrors tracks learns that it went.
    ADD COLUMN deleted_at BIGINT;
UPDATE tracks SET updated_at = created_at;

-- One timer runs at a time. Of several that were left open, each ended when the next began, as a switch would have had it.
UPDATE tracks SET end_at = later.start_at FROM (
    SELECT id, lead(start_at) OVER (PARTITION BY person_id ORDER BY start_at, id) AS start_at
    FROM tracks WHERE start_at IS NOT NULL AND end_at IS NULL
) AS later WHERE later.id = tracks.id AND later.start_at IS NOT NULL;

CREATE UNIQUE INDEX tracks_uid ON tracks (person_id, uid);
CREATE UNIQUE INDEX tracks_running ON tracks (person_id)
    WHERE end_at IS NULL AND start_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX tracks_feed ON tracks (person_id, seq, id);
CREATE INDEX tracks_recent ON tracks (person_id, start_at DESC, id DESC) WHERE deleted_at IS NULL;
-- No new track is longer than 31 days, so that whoever looks for overlaps knows where to begin. These are from before.
CREATE INDEX tracks_long ON tracks (person_id) WHERE end_at - start_at > 2678400000000 AND deleted_at IS NULL;
DROP INDEX tracks_of_person;
CREATE INDEX tracks_of_person ON tracks (person_id, id) WHERE deleted_at IS NULL;

-- Half open, and a running track has no end: nine to one and one to five do not overlap. As boxes, a person wide and a
-- microsecond shorter, because ranges beside an equal number would need an extension, and with it a privilege. Whole
-- numbers below 2^53 are exact in them.
ALTER TABLE tracks ADD CONSTRAINT tracks_exclusive EXCLUDE USING gist (
    box(
        point(person_id::float8, start_at::float8),
        point(person_id::float8, coalesce((end_at - 1)::float8, 9e15))
    ) WITH &&
) WHERE (exclusive AND start_at IS NOT NULL AND deleted_at IS NULL AND (end_at IS NULL OR end_at > start_at));

CREATE OR REPLACE FUNCTION tracks_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.deleted_at IS NULL THEN
            UPDATE people SET track_count = track_count + 1 WHERE id = NEW.person_id;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.deleted_at IS NULL THEN
            UPDATE people SET track_count = track_count - 1 WHERE id = OLD.person_id;
        END IF;
    ELSIF (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) THEN
        UPDATE people SET track_count = track_count + CASE WHEN NEW.deleted_at IS NULL THEN 1 ELSE -1 END
        WHERE id = NEW.person_id;
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER tracks_count ON tracks;
CREATE TRIGGER tracks_count AFTER INSERT OR DELETE OR UPDATE OF deleted_at ON tracks
    FOR EACH ROW EXECUTE FUNCTION tracks_count();

CREATE TABLE tags (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uid BYTEA NOT NULL,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- The name as it is compared: one tag is one name, however it is written.
    name_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX tags_name ON tags (workspace_id, name_key) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX tags_uid ON tags (workspace_id, uid);
CREATE INDEX tags_feed ON tags (workspace_id, seq, id);
