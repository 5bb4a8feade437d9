DROP INDEX clients_by_user;
ALTER TABLE clients DROP COLUMN user_id;
