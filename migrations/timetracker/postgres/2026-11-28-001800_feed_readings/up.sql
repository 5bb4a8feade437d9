-- Which client made a feed, and in which hour somebody looked at it last: so that its person can tell whether to keep it.
ALTER TABLE feeds ADD COLUMN client_id TEXT;
ALTER TABLE feeds ADD COLUMN last_read_at BIGINT;
