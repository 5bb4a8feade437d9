-- The workspace's lists in the order they were made, as activities have theirs. Other orders are sorted: there are at most
-- ten thousand of a kind.
CREATE INDEX clients_of_workspace ON clients (workspace_id, id) WHERE deleted_at IS NULL;
CREATE INDEX projects_of_workspace ON projects (workspace_id, id) WHERE deleted_at IS NULL;
CREATE INDEX tags_of_workspace ON tags (workspace_id, id) WHERE deleted_at IS NULL;
