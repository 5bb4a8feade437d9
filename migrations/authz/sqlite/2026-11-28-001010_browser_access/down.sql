DROP TABLE browser_access;
