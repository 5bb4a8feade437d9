-- When a person's weeks and days begin: a day of the week, and minutes after midnight.
ALTER TABLE people ADD COLUMN week_start TEXT NOT NULL DEFAULT 'mon'
    CHECK (week_start IN ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'));
ALTER TABLE people ADD COLUMN day_start INTEGER NOT NULL DEFAULT 0 CHECK (day_start BETWEEN 0 AND 1439);
