-- What the files are that were fetched from stations: each is examined once, by
-- whichever server comes to it first, and anew by a newer reader.

-- +goose Up
CREATE TABLE binary_facts (
    sha256  bytea       PRIMARY KEY REFERENCES stored_file ON DELETE CASCADE,
    claimed timestamptz NOT NULL,                   -- when a server began to examine it
    made    timestamptz,                            -- null: it was not examined yet
    version integer     NOT NULL DEFAULT 0,         -- of the reader that made them
    facts   jsonb,                                  -- see package anatomy; null where problem says why
    problem text        NOT NULL DEFAULT '',
    CHECK (made IS NULL OR (facts IS NULL) = (problem <> ''))
);
