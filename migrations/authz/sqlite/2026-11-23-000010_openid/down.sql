ALTER TABLE clients DROP COLUMN metadata;
