-- a row that only says that a client has changed was kept for good: from now on for a day, until every process has seen it
UPDATE revocations SET drop_after = (CAST(strftime('%s', 'now') AS INTEGER) + 86400) * 1000000
    WHERE kind = 'client' AND issued_before IS NULL;
