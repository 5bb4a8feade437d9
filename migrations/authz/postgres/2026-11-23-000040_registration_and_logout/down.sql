DROP TABLE logout_deliveries;
DROP INDEX sessions_by_sid;
DROP TABLE session_clients;
DROP TABLE client_registrations;
DROP TABLE registration_tokens;
