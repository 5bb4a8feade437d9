ALTER TABLE activities DROP COLUMN rate_currency;
ALTER TABLE activities DROP COLUMN rate_amount;
ALTER TABLE projects DROP COLUMN rate_currency;
ALTER TABLE projects DROP COLUMN rate_amount;
ALTER TABLE clients DROP COLUMN rate_currency;
ALTER TABLE clients DROP COLUMN rate_amount;
