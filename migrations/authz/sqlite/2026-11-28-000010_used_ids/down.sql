DROP TABLE used_ids;
