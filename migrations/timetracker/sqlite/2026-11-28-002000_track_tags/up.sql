-- Which tracks have a tag, deleted tracks included. What they show are the names in their rows.
CREATE TABLE track_tags (
    tag_id BIGINT NOT NULL REFERENCES tags (id),
    track_id BIGINT NOT NULL REFERENCES tracks (id),
    PRIMARY KEY (tag_id, track_id)
) WITHOUT ROWID;
-- A line to a name, read as a list of JSON: SQLite takes no text apart, and names have no control characters in them.
INSERT INTO track_tags (tag_id, track_id)
SELECT tags.id, tracks.id
FROM tracks
JOIN people ON people.id = tracks.person_id
JOIN json_each(
    '["' || replace(replace(replace(tracks.tags, '\', '\\'), '"', '\"'), char(10), '","') || '"]'
) AS names
JOIN tags ON tags.workspace_id = people.workspace_id AND tags.name = names.value AND tags.deleted_at IS NULL
WHERE tracks.tags <> ''
ORDER BY tags.id, tracks.id
ON CONFLICT DO NOTHING;
