DROP INDEX revocations_of_access;
