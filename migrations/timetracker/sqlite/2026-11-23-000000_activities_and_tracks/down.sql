DROP TABLE tracks;
DROP TABLE activities;
DROP TABLE people;
DROP TABLE workspaces;
