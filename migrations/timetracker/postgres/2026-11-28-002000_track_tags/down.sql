DROP TABLE track_tags;
