-- since when an administrator has switched a client off
ALTER TABLE clients ADD COLUMN disabled_at BIGINT;
-- codes and approvals for a client made at or before this instant are void
ALTER TABLE clients ADD COLUMN valid_from BIGINT NOT NULL DEFAULT 0;

-- since when a person is gone: the row stays, without anything about them, so that nobody else is ever given its number
ALTER TABLE users ADD COLUMN deleted_at BIGINT;

-- names that nobody may take but who had them: others may know people by name
CREATE TABLE former_names (
    username_key TEXT   PRIMARY KEY NOT NULL,
    user_id      BIGINT NOT NULL REFERENCES users (id)
);
