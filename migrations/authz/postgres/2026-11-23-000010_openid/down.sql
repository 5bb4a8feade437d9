DROP TABLE consents;
ALTER TABLE sessions DROP COLUMN sid;
DROP TABLE user_groups;
DROP TABLE groups;
ALTER TABLE users DROP COLUMN profile;
DROP TABLE signing_keys;
ALTER TABLE clients DROP COLUMN metadata;
