-- ids that may be used once, and were: of the assertions by which clients prove who they are, and of what proves a key
CREATE TABLE used_ids (
    -- what kind of id; kinds share nothing
    kind    TEXT   NOT NULL,
    -- SHA-256 of who made it up and what it is
    key     BYTEA  NOT NULL,
    -- when what it belongs to has ended
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE INDEX used_ids_by_end ON used_ids (ends_at);
