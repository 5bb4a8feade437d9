-- A person's tracks of one activity, or in the order of activities, page by page.
CREATE INDEX tracks_of_activity ON tracks (person_id, activity_id, id) WHERE deleted_at IS NULL;
