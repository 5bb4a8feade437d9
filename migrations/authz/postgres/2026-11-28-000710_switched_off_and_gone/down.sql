DROP TABLE former_names;
ALTER TABLE users DROP COLUMN deleted_at;
ALTER TABLE clients DROP COLUMN valid_from;
ALTER TABLE clients DROP COLUMN disabled_at;
