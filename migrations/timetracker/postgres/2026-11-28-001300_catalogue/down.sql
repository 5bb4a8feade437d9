ALTER TABLE tags DROP COLUMN archived, DROP COLUMN color;
ALTER TABLE activities DROP COLUMN archived, DROP COLUMN billable_default, DROP COLUMN color, DROP COLUMN project_id;
DROP TABLE projects;
DROP TABLE clients;
