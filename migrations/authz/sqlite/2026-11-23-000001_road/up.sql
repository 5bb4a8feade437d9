-- Instants are BIGINT microseconds since 1970-01-01T00:00:00Z.

CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    username      TEXT    NOT NULL,
    -- NFKC and lower case: one person per name, however it is written
    username_key  TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL,
    -- sessions, codes and grants made at or before this instant are void
    valid_from    BIGINT  NOT NULL DEFAULT 0,
    disabled_at   BIGINT
);

CREATE TABLE clients (
    id                    TEXT   PRIMARY KEY NOT NULL,
    name                  TEXT   NOT NULL,
    is_confidential       BOOLEAN NOT NULL,
    secret_hash           BLOB,
    previous_secret_hash  BLOB,
    previous_secret_until BIGINT,
    -- space-separated
    grant_types           TEXT   NOT NULL,
    -- one to a line
    redirect_uris         TEXT   NOT NULL,
    scopes                TEXT   NOT NULL,
    -- whom its tokens are for; space-separated
    audiences             TEXT   NOT NULL,
    -- the audiences it answers for as a resource server, and so may ask about; space-separated
    introspects           TEXT   NOT NULL,
    created_at            BIGINT NOT NULL
);

CREATE TABLE sessions (
    -- SHA-256 of the cookie's value
    id               BLOB   PRIMARY KEY NOT NULL,
    user_id          BIGINT NOT NULL REFERENCES users (id),
    created_at       BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    ends_at          BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_end ON sessions (ends_at);

CREATE TABLE grants (
    -- the id of the code that bought it: its uniqueness is the code's single use
    id               BLOB   PRIMARY KEY NOT NULL,
    user_id          BIGINT NOT NULL REFERENCES users (id),
    client_id        TEXT   NOT NULL REFERENCES clients (id),
    scopes           TEXT   NOT NULL,
    authenticated_at BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    ends_at          BIGINT NOT NULL,
    -- the generation of the live refresh token, and of the one honoured shortly after it was replaced
    refresh_current  BIGINT NOT NULL,
    refresh_previous BIGINT,
    rotated_at       BIGINT NOT NULL,
    revoked_at       BIGINT
) WITHOUT ROWID;
CREATE INDEX grants_by_user ON grants (user_id);

CREATE TABLE revocations (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    -- token, grant, user, client, all; keys
    kind          TEXT   NOT NULL,
    key           TEXT   NOT NULL,
    -- what was issued at or before this instant is void; NULL: nothing is, but look again
    issued_before BIGINT,
    -- when everything it can concern has ended by itself
    drop_after    BIGINT NOT NULL
);

CREATE TABLE sealing_keys (
    id          INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    created_at  BIGINT NOT NULL,
    -- other processes must know a key before the first token is sealed with it
    usable_from BIGINT NOT NULL
);
