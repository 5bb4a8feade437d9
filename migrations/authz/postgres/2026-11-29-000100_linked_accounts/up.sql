-- who somebody is at a provider of AUTHZ_PROVIDERS
CREATE TABLE linked_accounts (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      BIGINT NOT NULL REFERENCES users (id),
    provider     TEXT   NOT NULL,
    -- what the provider names them by, for good
    subject      TEXT   NOT NULL,
    -- what they call themselves there
    shown_name   TEXT   NOT NULL,
    linked_at    BIGINT NOT NULL,
    -- when they last came from there
    last_used_at BIGINT,
    -- one person to each of theirs
    UNIQUE (provider, subject)
);
CREATE INDEX linked_accounts_by_user ON linked_accounts (user_id);
