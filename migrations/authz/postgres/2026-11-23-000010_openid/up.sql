-- what RFC 7591 and OpenID Connect Registration call metadata, as far as it is not a column of its own; JSON
ALTER TABLE clients ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';

-- what ID tokens and other statements of ours are signed with
CREATE TABLE signing_keys (
    -- thumbprint of the public key (RFC 7638)
    kid          TEXT   PRIMARY KEY NOT NULL,
    -- RS256, ES256, EdDSA
    alg          TEXT   NOT NULL,
    -- PKCS #8, encrypted with a key derived from the master key; NULL once retired
    private_key  BYTEA,
    public_jwk   TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    -- others must have been able to fetch the public key before the first signature
    usable_from  BIGINT NOT NULL,
    -- when the last token signed with it has ended; NULL while it may still sign
    retire_after BIGINT
);

-- what a person is to others (OpenID Connect Core section 5.1); JSON
ALTER TABLE users ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';

CREATE TABLE groups (
    name TEXT PRIMARY KEY NOT NULL
);

CREATE TABLE user_groups (
    user_id    BIGINT NOT NULL REFERENCES users (id),
    group_name TEXT   NOT NULL REFERENCES groups (name),
    PRIMARY KEY (user_id, group_name)
);

-- what applications know a session by
ALTER TABLE sessions ADD COLUMN sid BYTEA NOT NULL DEFAULT uuid_send(gen_random_uuid());
ALTER TABLE sessions ALTER COLUMN sid DROP DEFAULT;

-- what a person has agreed to for a client
CREATE TABLE consents (
    user_id   BIGINT NOT NULL REFERENCES users (id),
    client_id TEXT   NOT NULL REFERENCES clients (id),
    scopes    TEXT   NOT NULL,
    -- whom tokens may be for; space-separated
    audiences TEXT   NOT NULL,
    -- claims asked for beside those of the scopes: a bit each
    claims    BIGINT NOT NULL,
    -- SHA-256 of the addresses the client could return to
    redirect_uris BYTEA  NOT NULL,
    agreed_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);
