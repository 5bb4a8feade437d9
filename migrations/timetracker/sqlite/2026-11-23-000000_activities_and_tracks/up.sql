-- AUTOINCREMENT: the id of a deleted row never comes back as another row's.
-- Instants are microseconds since 1970-01-01T00:00:00Z.

CREATE TABLE workspaces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at BIGINT NOT NULL
);

CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer TEXT NOT NULL,
    subject BIGINT NOT NULL,
    username TEXT NOT NULL,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    -- Kept by the triggers below: counting a thousand rows costs more than reading a page of them.
    track_count BIGINT NOT NULL DEFAULT 0 CHECK (track_count >= 0),
    created_at BIGINT NOT NULL,
    UNIQUE (issuer, subject)
);

CREATE TABLE activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    description TEXT NOT NULL CHECK (length(description) <= 10000),
    created_at BIGINT NOT NULL,
    -- A deleted activity stays for the tracks that were booked on it.
    deleted_at BIGINT
);

CREATE INDEX activities_of_workspace ON activities (workspace_id, id) WHERE deleted_at IS NULL;

CREATE TABLE tracks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id BIGINT NOT NULL REFERENCES people (id),
    activity_id BIGINT NOT NULL REFERENCES activities (id),
    description TEXT NOT NULL CHECK (length(description) <= 10000),
    start_at BIGINT,
    end_at BIGINT,
    created_at BIGINT NOT NULL,
    CONSTRAINT tracks_end_after_start CHECK (
        end_at IS NULL OR (start_at IS NOT NULL AND end_at >= start_at)
    )
);

CREATE INDEX tracks_of_person ON tracks (person_id, id);

CREATE TRIGGER tracks_count_up AFTER INSERT ON tracks BEGIN
    UPDATE people SET track_count = track_count + 1 WHERE id = NEW.person_id;
END;

CREATE TRIGGER tracks_count_down AFTER DELETE ON tracks BEGIN
    UPDATE people SET track_count = track_count - 1 WHERE id = OLD.person_id;
END;
