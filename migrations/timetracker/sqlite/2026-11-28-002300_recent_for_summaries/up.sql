-- What a summary needs to know of a track is in the index as well: a year is a few pages of it, and not a page of the table
-- for each track. `deleted_at` is there because SQLite looks at it again.
DROP INDEX tracks_recent;
CREATE INDEX tracks_recent ON tracks (person_id, start_at DESC, id DESC, end_at, activity_id, billable, deleted_at)
    WHERE deleted_at IS NULL;
