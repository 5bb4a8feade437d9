-- Which tracks have a tag, deleted tracks included. What they show are the names in their rows.
CREATE TABLE track_tags (
    tag_id BIGINT NOT NULL REFERENCES tags (id),
    track_id BIGINT NOT NULL REFERENCES tracks (id),
    PRIMARY KEY (tag_id, track_id)
);
INSERT INTO track_tags (tag_id, track_id)
SELECT tags.id, tracks.id
FROM tracks
JOIN people ON people.id = tracks.person_id
CROSS JOIN LATERAL unnest(string_to_array(tracks.tags, E'\n')) AS names (name)
JOIN tags ON tags.workspace_id = people.workspace_id AND tags.name = names.name AND tags.deleted_at IS NULL
WHERE tracks.tags <> ''
ORDER BY tags.id, tracks.id
ON CONFLICT DO NOTHING;
