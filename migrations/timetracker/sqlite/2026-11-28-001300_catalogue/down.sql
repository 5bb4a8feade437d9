ALTER TABLE tags DROP COLUMN archived;
ALTER TABLE tags DROP COLUMN color;
ALTER TABLE activities DROP COLUMN archived;
ALTER TABLE activities DROP COLUMN billable_default;
ALTER TABLE activities DROP COLUMN color;
ALTER TABLE activities DROP COLUMN project_id;
DROP TABLE projects;
DROP TABLE clients;
