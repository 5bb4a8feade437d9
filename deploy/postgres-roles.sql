-- Who may do what in one of the two databases: the owner changes tables, the service only what is in them.
-- Run by a superuser, once in each database; again does no harm. Both roles are there already:
--
--   psql -d authz       -v ON_ERROR_STOP=1 -1 -v owner=authz-owner       -v runtime=authz           -f postgres-roles.sql
--   psql -d timetracker -v ON_ERROR_STOP=1 -1 -v owner=timetracker-owner -v runtime=timetracker-api -f postgres-roles.sql
--
-- Migrations then run as the owner, everything else as the service's role.

-- What the service owned when it was its own owner; the database, if it was the service's.
REASSIGN OWNED BY :"runtime" TO :"owner";

-- By default everybody may connect to every database and make temporary tables in it, and before
-- PostgreSQL 15 tables in "public", too.
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

GRANT CONNECT ON DATABASE :"DBNAME" TO :"owner", :"runtime";
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"runtime";

-- Tables there are, and tables that migrations will make.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"runtime";
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO :"runtime";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"runtime";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO :"runtime";
