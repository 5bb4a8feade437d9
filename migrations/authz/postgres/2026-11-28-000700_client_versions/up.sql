-- counts a client's changes: whoever writes names what they have read
ALTER TABLE clients ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
