DROP TABLE tracks;
DROP FUNCTION tracks_count();
DROP TABLE activities;
DROP TABLE people;
DROP TABLE workspaces;
