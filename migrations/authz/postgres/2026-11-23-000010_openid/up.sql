-- what RFC 7591 and OpenID Connect Registration call metadata, as far as it is not a column of its own; JSON
ALTER TABLE clients ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
