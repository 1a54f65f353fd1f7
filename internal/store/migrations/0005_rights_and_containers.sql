-- What sensors tell beyond the first Windows ones: rights of Linux, containers,
-- what a process's file looks like inside, and what could not be learnt.

-- +goose Up

-- Sets of capabilities stand beside those of privileges: a start has one or the
-- other, and pays for one number.
ALTER TABLE privilege_set
    ADD COLUMN capabilities           bigint,  -- masks, see event.CapabilitySet; null is not known
    ADD COLUMN capabilities_permitted bigint,  -- null where it is known: the same
    DROP CONSTRAINT privilege_set_privileges_privileges_default_privileges_pres_key,
    ADD CONSTRAINT privilege_set_identity
        UNIQUE NULLS NOT DISTINCT (privileges, privileges_default, privileges_present, capabilities, capabilities_permitted);

-- Short texts that sensors make and that repeat: ids of containers, lists of
-- namespaces, what is missing and why.
CREATE TABLE label (
    id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL
);
CREATE UNIQUE INDEX label_identity ON label (md5(text));

-- Rows that say nothing of it stay as they are: a column that is null costs no
-- byte, and two answers are bits of flags: 64 app container, 128 image mismatch.
ALTER TABLE process_start
    ADD COLUMN container_id  integer,          -- these are labels
    ADD COLUMN namespaces_id integer,
    ADD COLUMN missing_id    integer;

ALTER TABLE process_stop
    ADD COLUMN missing_id integer,             -- label
    ADD COLUMN inferred   boolean;             -- true, or null: the end itself was seen

ALTER TABLE binary_file
    ADD COLUMN architecture  text     NOT NULL DEFAULT '',
    ADD COLUMN entry_entropy smallint CHECK (entry_entropy BETWEEN 0 AND 800), -- hundredths of a bit per byte
    ADD COLUMN entry_sha256  bytea    CHECK (octet_length(entry_sha256) = 32),
    ADD COLUMN compiled      timestamptz;
CREATE INDEX binary_entry ON binary_file (entry_sha256) WHERE entry_sha256 IS NOT NULL;
