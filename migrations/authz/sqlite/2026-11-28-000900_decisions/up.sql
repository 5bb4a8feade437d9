-- how people answered the question whether an application may use their account, each question once
CREATE TABLE decisions (
    -- the id of the question, and of the grant that the answer's code buys
    id         BLOB    PRIMARY KEY NOT NULL,
    is_allowed BOOLEAN NOT NULL,
    decided_at BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX decisions_by_instant ON decisions (decided_at);
