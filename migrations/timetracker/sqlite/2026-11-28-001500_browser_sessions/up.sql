-- People who are signed in at the pages. Neither this table nor a browser's cookie alone gives a token.
CREATE TABLE browser_sessions (
    -- SHA-256 of the cookie's secret.
    id BLOB NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES people (id),
    -- The tokens, sealed under a key that is derived from the cookie's secret.
    sealed BLOB NOT NULL,
    -- Counts how often they were renewed: who renews them replaces those that were there.
    generation BIGINT NOT NULL,
    -- Until then somebody is renewing them.
    renewing_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    -- The end, however often it is used.
    ends_at BIGINT NOT NULL,
    -- The end if it is not used any more.
    expires_at BIGINT NOT NULL
);
CREATE INDEX browser_sessions_by_end ON browser_sessions (expires_at);
