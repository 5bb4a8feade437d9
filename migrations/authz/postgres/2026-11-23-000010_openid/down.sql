DROP TABLE signing_keys;
ALTER TABLE clients DROP COLUMN metadata;
