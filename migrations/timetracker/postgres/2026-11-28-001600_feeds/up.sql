-- Addresses under which a calendar program sees a person's tracks.
CREATE TABLE feeds (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES people (id),
    -- SHA-256 of the secret in the address, which nobody else has.
    token_hash BYTEA NOT NULL,
    -- What the calendar is called.
    name TEXT NOT NULL CHECK (length(name) <= 100),
    -- How many days it goes back.
    days BIGINT NOT NULL CHECK (days BETWEEN 1 AND 400),
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX feeds_token ON feeds (token_hash);
CREATE INDEX feeds_of_person ON feeds (person_id, id);
