ALTER TABLE feeds DROP COLUMN last_read_at;
ALTER TABLE feeds DROP COLUMN client_id;
