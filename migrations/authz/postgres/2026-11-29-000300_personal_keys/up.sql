-- keys that people use without an application: what they call them, what they may be used for, until when, and when the last
-- use was noted; of a key itself only its digest is kept
CREATE TABLE personal_keys (
    id          BYTEA   PRIMARY KEY NOT NULL,
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    name        TEXT    NOT NULL,
    digest      BYTEA   NOT NULL,
    scopes      TEXT    NOT NULL,
    -- made for a name and a password, and not at the page: a person has one
    by_password BOOLEAN NOT NULL,
    created_at  BIGINT  NOT NULL,
    ends_at     BIGINT  NOT NULL,
    used_at     BIGINT
);
CREATE UNIQUE INDEX personal_keys_digest ON personal_keys (digest);
CREATE UNIQUE INDEX personal_keys_by_password ON personal_keys (user_id) WHERE by_password;
CREATE INDEX personal_keys_user ON personal_keys (user_id);
CREATE INDEX personal_keys_end ON personal_keys (ends_at);
