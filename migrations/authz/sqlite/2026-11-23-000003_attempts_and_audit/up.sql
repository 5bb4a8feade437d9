-- Tries, counted before they are looked at. A key holds nothing that somebody typed: a name may be a password.
CREATE TABLE attempts (
    key     TEXT   PRIMARY KEY NOT NULL,
    count   BIGINT NOT NULL,
    since   BIGINT NOT NULL,
    -- when the row may be forgotten; NULL: it counts until somebody succeeds
    ends_at BIGINT
) WITHOUT ROWID;
CREATE INDEX attempts_by_end ON attempts (ends_at);

-- What happened, for whoever has to find out later. References nothing: it outlives what it tells about.
CREATE TABLE audit_events (
    id        INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at        BIGINT NOT NULL,
    event     TEXT   NOT NULL,
    user_id   BIGINT,
    client_id TEXT,
    -- an address, or the command line
    origin    TEXT   NOT NULL,
    detail    TEXT   NOT NULL,
    -- how often within the second or so that was gathered
    times     BIGINT NOT NULL
);
CREATE INDEX audit_events_by_user ON audit_events (user_id, id);

CREATE TRIGGER audit_events_stay_as_they_are BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- Only what is older than the shortest time it may be kept can be removed (30 days).
CREATE TRIGGER audit_events_are_kept BEFORE DELETE ON audit_events
WHEN old.at > (CAST(strftime('%s', 'now') AS INTEGER) - 2592000) * 1000000
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
