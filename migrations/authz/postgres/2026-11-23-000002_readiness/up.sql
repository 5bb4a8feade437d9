-- One row, rewritten to find out whether the database takes writes. A number that never stays the same: SQLite does
-- not write a row that would be as it was.
CREATE TABLE readiness (
    probes BIGINT NOT NULL
);
INSERT INTO readiness (probes) VALUES (0);
