-- Answers to requests that may be sent again, for a day: whoever sends one again gets the same.
CREATE TABLE idempotency_keys (
    person_id BIGINT NOT NULL REFERENCES people (id),
    client_id TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    key TEXT NOT NULL,
    -- SHA-256 of the query and what was sent.
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    version BIGINT,
    body BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, client_id, method, path, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (person_id, created_at);
