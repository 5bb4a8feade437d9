-- What an hour costs, in the smallest units of a currency; both or neither.
ALTER TABLE clients ADD COLUMN rate_amount BIGINT CHECK (rate_amount >= 0);
ALTER TABLE clients ADD COLUMN rate_currency TEXT CHECK ((rate_currency IS NULL) = (rate_amount IS NULL));
ALTER TABLE projects ADD COLUMN rate_amount BIGINT CHECK (rate_amount >= 0);
ALTER TABLE projects ADD COLUMN rate_currency TEXT CHECK ((rate_currency IS NULL) = (rate_amount IS NULL));
ALTER TABLE activities ADD COLUMN rate_amount BIGINT CHECK (rate_amount >= 0);
ALTER TABLE activities ADD COLUMN rate_currency TEXT CHECK ((rate_currency IS NULL) = (rate_amount IS NULL));
