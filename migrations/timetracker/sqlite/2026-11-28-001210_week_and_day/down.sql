ALTER TABLE people DROP COLUMN day_start;
ALTER TABLE people DROP COLUMN week_start;
