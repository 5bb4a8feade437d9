DROP INDEX tracks_recent;
CREATE INDEX tracks_recent ON tracks (person_id, start_at DESC, id DESC) INCLUDE (end_at, activity_id, billable)
    WHERE deleted_at IS NULL;
