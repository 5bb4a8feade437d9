DROP INDEX tracks_running;
CREATE UNIQUE INDEX tracks_running ON tracks (person_id)
    WHERE end_at IS NULL AND start_at IS NOT NULL AND deleted_at IS NULL;
