-- that a person's browser carried access tokens to an application, which belong to no grant: what they may be for, since when
-- there was always one that had not ended, when there was the last one, and when that ends by itself
CREATE TABLE browser_access (
    user_id   BIGINT NOT NULL REFERENCES users (id),
    client_id TEXT   NOT NULL REFERENCES clients (id),
    scopes    TEXT   NOT NULL,
    since     BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);
CREATE INDEX browser_access_client ON browser_access (client_id);
CREATE INDEX browser_access_end ON browser_access (ends_at);
