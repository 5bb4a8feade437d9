DROP TABLE sealing_keys;
DROP TABLE revocations;
DROP TABLE grants;
DROP TABLE sessions;
DROP TABLE clients;
DROP TABLE users;
