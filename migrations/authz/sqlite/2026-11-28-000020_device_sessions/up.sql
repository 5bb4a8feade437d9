-- The browser session in which somebody decided for a device: its client hears when that ends.
ALTER TABLE device_codes ADD COLUMN sid BLOB;
