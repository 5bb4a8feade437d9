-- what an administrator hands out so that somebody may register clients (RFC 7591 section 3: initial access tokens)
CREATE TABLE registration_tokens (
    -- what the administrator calls it by; no secret
    id         TEXT   PRIMARY KEY NOT NULL,
    -- SHA-256
    hash       BLOB UNIQUE NOT NULL,
    note       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    uses_left  BIGINT NOT NULL
);

-- clients that registered themselves, and what they manage their registration with (RFC 7592)
CREATE TABLE client_registrations (
    client_id    TEXT   PRIMARY KEY NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- SHA-256 of the registration access token
    token_hash   BLOB NOT NULL,
    -- when the client is removed unless somebody has used it; NULL once somebody has, or when it was vouched for
    unused_until BIGINT
);
CREATE INDEX client_registrations_by_end ON client_registrations (unused_until);

-- which clients that want to be told of its end have been given an ID token in a session
CREATE TABLE session_clients (
    sid       BLOB NOT NULL,
    client_id TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id   BIGINT NOT NULL,
    -- when it may be forgotten if the session has ended
    ends_at   BIGINT NOT NULL,
    PRIMARY KEY (sid, client_id)
);
CREATE INDEX session_clients_by_end ON session_clients (ends_at);
CREATE INDEX sessions_by_sid ON sessions (sid);

-- what clients are still to be told: that a session has ended
CREATE TABLE logout_deliveries (
    id        INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    sid       BLOB NOT NULL,
    client_id TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id   BIGINT NOT NULL,
    -- how often it was tried
    tries     BIGINT NOT NULL,
    -- when it is to be tried next; whoever moves it on may try
    due_at    BIGINT NOT NULL
);
CREATE INDEX logout_deliveries_by_due ON logout_deliveries (due_at);
