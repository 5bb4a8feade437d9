DROP TABLE outgoing_mail;
DROP TABLE mail_links;
DROP TABLE verified_emails;
