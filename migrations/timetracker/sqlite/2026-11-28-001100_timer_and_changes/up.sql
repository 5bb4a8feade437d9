-- What changed in a workspace is numbered: every transaction that writes takes the next number first, and so the
-- numbers are in the order of commits, and two writers of one workspace take turns.
ALTER TABLE workspaces ADD COLUMN change_seq BIGINT NOT NULL DEFAULT 0;

-- What a person wants when a request does not say.
ALTER TABLE people ADD COLUMN timezone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE people ADD COLUMN overlap_policy TEXT NOT NULL DEFAULT 'allow'
    CHECK (overlap_policy IN ('allow', 'reject', 'trim'));

-- `uid` has no default that would do: SQLite adds columns with constants only, and each row has its own.
ALTER TABLE activities ADD COLUMN uid BLOB NOT NULL DEFAULT x'';
ALTER TABLE activities ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE activities ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE activities ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
UPDATE activities SET updated_at = coalesce(deleted_at, created_at), uid = unhex(
    hex(randomblob(6)) || '4' || substr(hex(randomblob(2)), 2) || '8' || substr(hex(randomblob(8)), 2));
CREATE UNIQUE INDEX activities_uid ON activities (workspace_id, uid);
CREATE INDEX activities_feed ON activities (workspace_id, seq, id);

ALTER TABLE tracks ADD COLUMN uid BLOB NOT NULL DEFAULT x'';
-- Names of tags, one to a line, in their order; each is in the workspace's list of tags.
ALTER TABLE tracks ADD COLUMN tags TEXT NOT NULL DEFAULT '';
ALTER TABLE tracks ADD COLUMN billable BOOLEAN NOT NULL DEFAULT FALSE;
-- Where the person was: a name of the IANA database.
ALTER TABLE tracks ADD COLUMN timezone TEXT;
ALTER TABLE tracks ADD COLUMN source TEXT NOT NULL DEFAULT 'human' CHECK (source IN ('human', 'agent', 'import'));
-- Written by somebody who wanted no overlap: PostgreSQL keeps such rows apart by a constraint, here there is one writer.
ALTER TABLE tracks ADD COLUMN exclusive BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tracks ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE tracks ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
-- A deleted track stays: it can be restored, and who mirrors tracks learns that it went.
ALTER TABLE tracks ADD COLUMN deleted_at BIGINT;
UPDATE tracks SET updated_at = created_at, uid = unhex(
    hex(randomblob(6)) || '4' || substr(hex(randomblob(2)), 2) || '8' || substr(hex(randomblob(8)), 2));

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

DROP TRIGGER tracks_count_up;
DROP TRIGGER tracks_count_down;
CREATE TRIGGER tracks_count_up AFTER INSERT ON tracks WHEN NEW.deleted_at IS NULL BEGIN
    UPDATE people SET track_count = track_count + 1 WHERE id = NEW.person_id;
END;
CREATE TRIGGER tracks_count_down AFTER DELETE ON tracks WHEN OLD.deleted_at IS NULL BEGIN
    UPDATE people SET track_count = track_count - 1 WHERE id = OLD.person_id;
END;
CREATE TRIGGER tracks_count_change AFTER UPDATE OF deleted_at ON tracks
WHEN (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) BEGIN
    UPDATE people SET track_count = track_count + iif(NEW.deleted_at IS NULL, 1, -1) WHERE id = NEW.person_id;
END;

CREATE TABLE tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uid BLOB NOT NULL,
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
