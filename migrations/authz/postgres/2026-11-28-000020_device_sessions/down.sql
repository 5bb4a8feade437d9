ALTER TABLE device_codes DROP COLUMN sid;
