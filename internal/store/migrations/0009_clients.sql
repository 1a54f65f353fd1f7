-- A key has several secrets: one that a person was shown, and one for each client
-- that was made with it. How often, until when and for which labels a secret is
-- good, is its key's; none outlives it.

-- +goose Up
CREATE TABLE enrolment_secret (
    secret_hash bytea       PRIMARY KEY CHECK (octet_length(secret_hash) = 32), -- SHA-256
    key_id      integer     NOT NULL REFERENCES enrolment_key ON DELETE CASCADE,
    created     timestamptz NOT NULL DEFAULT now(),
    created_by  text        NOT NULL
);
CREATE INDEX enrolment_secret_key ON enrolment_secret (key_id);

INSERT INTO enrolment_secret (secret_hash, key_id, created, created_by)
SELECT secret_hash, id, created, created_by
FROM   enrolment_key;

ALTER TABLE enrolment_key DROP COLUMN secret_hash;
