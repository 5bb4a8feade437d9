DROP INDEX tracks_recent;
CREATE INDEX tracks_recent ON tracks (person_id, start_at DESC, id DESC) WHERE deleted_at IS NULL;
