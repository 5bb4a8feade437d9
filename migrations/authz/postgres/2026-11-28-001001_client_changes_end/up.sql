-- a row that only says that a client has changed was kept for good: from now on for a day, until every process has seen it
UPDATE revocations SET drop_after = (EXTRACT(EPOCH FROM now())::BIGINT + 86400) * 1000000
    WHERE kind = 'client' AND issued_before IS NULL;
