DROP INDEX tracks_of_activity;
