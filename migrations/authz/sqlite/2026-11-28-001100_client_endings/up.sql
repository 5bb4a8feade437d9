-- Of what says that something of a client's is void the last row counts: those before it go.
DELETE FROM revocations WHERE kind = 'client' AND issued_before IS NOT NULL AND EXISTS (
    SELECT 1 FROM revocations AS later
    WHERE later.kind = 'client' AND later.key = revocations.key
      AND later.issued_before IS NOT NULL AND later.seq > revocations.seq);
-- What was issued before an instant has ended by itself a day later. What is gone for good stays.
UPDATE revocations SET drop_after = issued_before + 86400000000
    WHERE kind = 'client' AND issued_before < 9223372036854775807;
-- Looked up when a client of that id is registered, or ends. Rows of other kinds pay nothing.
CREATE INDEX revocations_of_clients ON revocations (key) WHERE kind = 'client';
