-- who registered it at the developer pages; NULL for those made by an administrator
ALTER TABLE clients ADD COLUMN user_id BIGINT REFERENCES users (id);
CREATE INDEX clients_by_user ON clients (user_id) WHERE user_id IS NOT NULL;
