-- What runs has a start and no end, said in one expression that no other index answers: SQLite went through all tracks of a
-- person that have a start, because an index of those begins with the same column.
DROP INDEX tracks_running;
CREATE UNIQUE INDEX tracks_running ON tracks (person_id)
    WHERE (end_at IS NULL) > (start_at IS NULL) AND deleted_at IS NULL;
