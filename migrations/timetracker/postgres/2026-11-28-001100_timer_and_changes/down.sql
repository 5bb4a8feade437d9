DROP TABLE tags;
DROP TRIGGER tracks_count ON tracks;
ALTER TABLE tracks DROP CONSTRAINT tracks_exclusive;
DROP INDEX tracks_of_person;
DROP INDEX tracks_long;
DROP INDEX tracks_recent;
DROP INDEX tracks_feed;
DROP INDEX tracks_running;
DROP INDEX tracks_uid;
DROP INDEX activities_feed;
DROP INDEX activities_uid;
DELETE FROM tracks WHERE deleted_at IS NOT NULL;
ALTER TABLE tracks DROP COLUMN uid, DROP COLUMN tags, DROP COLUMN billable, DROP COLUMN timezone, DROP COLUMN source,
    DROP COLUMN exclusive, DROP COLUMN updated_at, DROP COLUMN version, DROP COLUMN seq, DROP COLUMN deleted_at;
ALTER TABLE activities DROP COLUMN uid, DROP COLUMN updated_at, DROP COLUMN version, DROP COLUMN seq;
ALTER TABLE people DROP COLUMN timezone, DROP COLUMN overlap_policy;
ALTER TABLE workspaces DROP COLUMN change_seq;
CREATE INDEX tracks_of_person ON tracks (person_id, id);
CREATE OR REPLACE FUNCTION tracks_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE people SET track_count = track_count + 1 WHERE id = NEW.person_id;
    ELSE
        UPDATE people SET track_count = track_count - 1 WHERE id = OLD.person_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER tracks_count AFTER INSERT OR DELETE ON tracks
    FOR EACH ROW EXECUTE FUNCTION tracks_count();
