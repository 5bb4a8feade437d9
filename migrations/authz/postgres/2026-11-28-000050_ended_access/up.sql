-- What a person ended of a client's is looked up when a code or a device code is redeemed. Rows of other kinds pay nothing.
CREATE INDEX revocations_of_access ON revocations (key) WHERE kind = 'access';
