-- What a device waits for (RFC 8628), from its question until a while after its end.
CREATE TABLE device_codes (
    -- SHA-256 of the device code
    id               BLOB   PRIMARY KEY NOT NULL,
    -- HMAC of the code people type: too short for a plain digest
    user_code        TEXT   NOT NULL UNIQUE,
    client_id        TEXT   NOT NULL REFERENCES clients (id),
    scopes           TEXT   NOT NULL,
    audiences        TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    ends_at          BIGINT NOT NULL,
    -- when the device may ask again, and how long it then waits, in microseconds
    poll_from        BIGINT NOT NULL,
    poll_every       BIGINT NOT NULL,
    -- who typed it first: nobody else decides
    user_id          BIGINT REFERENCES users (id),
    decided_at       BIGINT,
    authenticated_at BIGINT,
    -- the grant it buys; NULL once decided: refused
    grant_id         BLOB,
    redeemed_at      BIGINT
) WITHOUT ROWID;
CREATE INDEX device_codes_by_end ON device_codes (ends_at);
