DROP INDEX tags_of_workspace;
DROP INDEX projects_of_workspace;
DROP INDEX clients_of_workspace;
