-- what clients registered with an initial access token may have beyond what every client may (JSON)
ALTER TABLE registration_tokens ADD COLUMN allows TEXT NOT NULL DEFAULT '{}';
