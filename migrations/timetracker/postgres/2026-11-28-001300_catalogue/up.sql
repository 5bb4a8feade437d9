-- What tracks are booked on: clients have projects, projects have activities. What is deleted stays, and what referred to
-- it refers to it still.
CREATE TABLE clients (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uid BYTEA NOT NULL,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- The name as it is compared.
    name_key TEXT NOT NULL,
    color TEXT,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX clients_name ON clients (workspace_id, name_key) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX clients_uid ON clients (workspace_id, uid);
CREATE INDEX clients_feed ON clients (workspace_id, seq, id);

CREATE TABLE projects (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uid BYTEA NOT NULL,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    name_key TEXT NOT NULL,
    client_id BIGINT REFERENCES clients (id),
    color TEXT,
    -- Whether new tracks are billable; NULL is no.
    billable_default BOOLEAN,
    archived BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    deleted_at BIGINT
);
-- Two clients may each have a project of the same name.
CREATE UNIQUE INDEX projects_name ON projects (workspace_id, name_key, coalesce(client_id, 0)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX projects_uid ON projects (workspace_id, uid);
CREATE INDEX projects_feed ON projects (workspace_id, seq, id);

ALTER TABLE activities
    ADD COLUMN project_id BIGINT REFERENCES projects (id),
    ADD COLUMN color TEXT,
    -- Whether new tracks are billable; NULL is as the project has it.
    ADD COLUMN billable_default BOOLEAN,
    ADD COLUMN archived BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE tags
    ADD COLUMN color TEXT,
    ADD COLUMN archived BOOLEAN NOT NULL DEFAULT FALSE;
