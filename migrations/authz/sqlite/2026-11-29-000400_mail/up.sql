-- addresses that were proven to be somebody's, each one person's: by what is compared, and as it was written
CREATE TABLE verified_emails (
    address_key TEXT   NOT NULL PRIMARY KEY,
    address     TEXT   NOT NULL,
    user_id     BIGINT NOT NULL REFERENCES users (id)
);
CREATE INDEX verified_emails_user ON verified_emails (user_id);
INSERT INTO verified_emails (address_key, address, user_id)
    SELECT lower(json_extract(profile, '$.email')), min(json_extract(profile, '$.email')), min(id) FROM users
    WHERE json_extract(profile, '$.email') IS NOT NULL AND json_extract(profile, '$.email_verified') = 1 AND deleted_at IS NULL
    GROUP BY lower(json_extract(profile, '$.email'));

-- links that were sent, one of a kind for a person: a newer one replaces it. The token in it is made of the master key and the
-- seed, and kept as its SHA-256
CREATE TABLE mail_links (
    user_id BIGINT NOT NULL REFERENCES users (id),
    kind    TEXT   NOT NULL,
    seed    TEXT   NOT NULL,
    hash    BLOB   NOT NULL UNIQUE,
    address TEXT   NOT NULL,
    made_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, kind)
);
CREATE INDEX mail_links_end ON mail_links (ends_at);

-- what is to be sent, until it is, or nobody would want it any more
CREATE TABLE outgoing_mail (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT   NOT NULL,
    user_id  BIGINT REFERENCES users (id),
    address  TEXT   NOT NULL,
    asked_at BIGINT NOT NULL,
    tries    BIGINT NOT NULL,
    due_at   BIGINT NOT NULL,
    ends_at  BIGINT NOT NULL
);
CREATE INDEX outgoing_mail_due ON outgoing_mail (due_at);
