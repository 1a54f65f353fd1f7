-- Newer agents: which stations the server offers them to, and what became of it.

-- +goose Up

-- One row: nobody has decided anything about half of a fleet twice.
CREATE TABLE update_settings (
    only_one   boolean     PRIMARY KEY DEFAULT true CHECK (only_one),
    enabled    boolean     NOT NULL DEFAULT false,
    labels     text[]      NOT NULL DEFAULT '{}' CHECK (array_position(labels, '') IS NULL), -- none: all stations
    share      integer     NOT NULL DEFAULT 100 CHECK (share BETWEEN 1 AND 100),             -- per cent of them
    threshold  integer     NOT NULL DEFAULT 10  CHECK (threshold BETWEEN 1 AND 100),         -- per cent of failures that pause
    attempt    integer     NOT NULL DEFAULT 1,      -- higher each time that failed stations are to try again
    since      timestamptz NOT NULL DEFAULT now(),  -- switched on or resumed last: failures from before do not count
    paused     timestamptz,
    paused_by  text        NOT NULL DEFAULT '',     -- '': it paused by itself
    paused_why jsonb,                               -- fault.Text
    changed    timestamptz,                         -- null: nobody ever did
    changed_by text        NOT NULL DEFAULT ''
);
INSERT INTO update_settings DEFAULT VALUES;

-- Each offer of an agent to a station, and how far it came. A row for each station
-- and version, or more where it was tried again.
CREATE TABLE station_update (
    id           bigint      GENERATED ALWAYS AS IDENTITY,
    station_id   integer     NOT NULL REFERENCES station ON DELETE CASCADE,
    sha256       bytea       NOT NULL CHECK (octet_length(sha256) = 32), -- of the program
    attempt      integer     NOT NULL,
    from_version text        NOT NULL,
    to_version   text        NOT NULL,
    state        text        NOT NULL DEFAULT 'offered'
                 CHECK (state IN ('offered', 'fetching', 'verified', 'installed', 'reporting', 'refused', 'failed', 'rolled_back', 'lost')),
    why          text        NOT NULL DEFAULT '',   -- the station's claim
    who          text        NOT NULL,              -- whose settings it was
    offered      timestamptz NOT NULL,
    fetching     timestamptz,
    verified     timestamptz,
    installed    timestamptz,
    ended        timestamptz,
    updated      timestamptz NOT NULL,
    PRIMARY KEY (station_id, id),
    UNIQUE (station_id, sha256, attempt)
);
CREATE INDEX station_update_newest ON station_update (id);
CREATE INDEX station_update_open   ON station_update (updated) WHERE ended IS NULL;
CREATE INDEX station_update_ended  ON station_update (ended) WHERE ended IS NOT NULL;
