-- how people answered the question whether an application may use their account, each question once
CREATE TABLE decisions (
    -- the id of the question, and of the grant that the answer's code buys
    id         BYTEA   PRIMARY KEY NOT NULL,
    is_allowed BOOLEAN NOT NULL,
    decided_at BIGINT  NOT NULL
);
CREATE INDEX decisions_by_instant ON decisions (decided_at);
