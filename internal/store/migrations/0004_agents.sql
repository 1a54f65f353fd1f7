-- Stations that report by themselves: how they are let in, how they are, what
-- their record lacks, and what they are asked to do.

-- +goose Up

-- A secret with which agents enrol. Who knows it can add stations, nothing else.
CREATE TABLE enrolment_key (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text        NOT NULL CHECK (name <> '' AND length(name) <= 128),
    secret_hash bytea       NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32), -- SHA-256
    labels      text[]      NOT NULL DEFAULT '{}',  -- that its stations get
    max_uses    integer     CHECK (max_uses > 0),   -- null: no limit
    uses        integer     NOT NULL DEFAULT 0 CHECK (max_uses IS NULL OR uses <= max_uses),
    expires     timestamptz,                        -- null: never
    revoked     timestamptz,
    created     timestamptz NOT NULL DEFAULT now(),
    created_by  text        NOT NULL
);

-- What is known of a station beside its events. A row for each station that has
-- enrolled; imported stations have none. Each hello rewrites the row: no index
-- has a column that a hello changes, so it stays in its place.
CREATE TABLE station_agent (
    station_id       integer     PRIMARY KEY REFERENCES station ON DELETE CASCADE,
    enrolment_key_id integer     REFERENCES enrolment_key ON DELETE SET NULL,
    parted_from      integer     REFERENCES station ON DELETE SET NULL, -- it is a clone of
    labels           text[]      NOT NULL DEFAULT '{}' CHECK (array_position(labels, '') IS NULL),
    renamed          boolean     NOT NULL DEFAULT false, -- station.name was given by a person
    enrolled         timestamptz NOT NULL DEFAULT now(),
    retired          timestamptz,
    revoked          timestamptz,

    -- As the last hello told.
    host_name        text        NOT NULL,
    fingerprint      text        NOT NULL,               -- of the machine, its own claim
    system           text        NOT NULL DEFAULT '',
    architecture     text        NOT NULL DEFAULT '',
    agent_version    text        NOT NULL DEFAULT '',
    address          text        NOT NULL DEFAULT '',    -- that it called from
    run              text        NOT NULL DEFAULT '',    -- of the agent, to notice two
    boot_id          bigint      NOT NULL DEFAULT 0,     -- its 64 bits taken as signed
    booted           timestamptz,
    agent_began      timestamptz,
    last_contact     timestamptz,                        -- the server's clock; null: not since it enrolled
    clock_offset_ms  bigint,                             -- server's clock minus the station's
    sensor_mode      text        NOT NULL DEFAULT '',
    sensor_state     text        NOT NULL DEFAULT '',
    waiting          bigint      NOT NULL DEFAULT 0,     -- records in its spool that the server has not
    oldest_waiting   timestamptz,                        -- time of the first of them
    report           json        NOT NULL DEFAULT '{}'   -- wire.Hello, whole; jsonb takes no NUL in a text
) WITH (fillfactor = 50);
CREATE INDEX station_agent_machine ON station_agent (fingerprint);
CREATE INDEX station_agent_labels  ON station_agent USING gin (labels);
CREATE INDEX station_agent_key     ON station_agent (enrolment_key_id);
CREATE INDEX station_agent_parted  ON station_agent (parted_from) WHERE parted_from IS NOT NULL;

-- Runs of a station's agent, each on a machine. One that comes back after another
-- has been there is the sign of two machines with one key.
CREATE TABLE station_run (
    station_id  integer     NOT NULL REFERENCES station ON DELETE CASCADE,
    run         text        NOT NULL,
    fingerprint text        NOT NULL,
    first_seen  timestamptz NOT NULL,
    cloned      boolean     NOT NULL DEFAULT false,      -- it is to part, and is told so each time
    PRIMARY KEY (station_id, run, fingerprint)
);

-- Certificates that were given to stations.
CREATE TABLE station_certificate (
    serial     bytea       PRIMARY KEY,
    station_id integer     NOT NULL REFERENCES station ON DELETE CASCADE,
    public_key bytea       NOT NULL CHECK (octet_length(public_key) = 32), -- SHA-256 of its SubjectPublicKeyInfo
    expires    timestamptz NOT NULL,
    created    timestamptz NOT NULL DEFAULT now(),
    revoked    timestamptz
);
CREATE INDEX station_certificate_station ON station_certificate (station_id);

-- What the clocks of a station and of the server showed at the same moment,
-- a row when the difference has changed by more than a second.
CREATE TABLE station_clock (
    station_id   integer     NOT NULL REFERENCES station ON DELETE CASCADE,
    server_time  timestamptz NOT NULL,
    station_time timestamptz NOT NULL,
    PRIMARY KEY (station_id, server_time)
);

-- Spans for which a station's record is incomplete (event.Gap).
CREATE TABLE gap (
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    station_id integer     NOT NULL REFERENCES station ON DELETE CASCADE,
    cause      text        NOT NULL,
    from_time  timestamptz NOT NULL,
    to_time    timestamptz NOT NULL CHECK (to_time >= from_time),
    events     bigint,                                   -- null: nobody can know
    seq        bigint,                                   -- its own number in the stream; null: the server found it
    first_seq  bigint,                                   -- of the records that are missing in the stream
    last_seq   bigint      CHECK (last_seq >= first_seq),
    detail     text        NOT NULL DEFAULT '',
    received   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (station_id, id)
);
CREATE INDEX gap_time         ON gap (to_time, from_time);
CREATE INDEX gap_station_time ON gap (station_id, to_time);
CREATE INDEX gap_stream       ON gap (station_id, last_seq) WHERE last_seq IS NOT NULL;

-- What stations are asked to do.
CREATE TABLE task (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station_id integer     NOT NULL REFERENCES station ON DELETE CASCADE,
    verb       text        NOT NULL,
    arguments  jsonb       NOT NULL DEFAULT '{}',        -- wire.Task
    state      text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'running', 'done', 'failed', 'refused', 'cancelled', 'expired')),
    who        text        NOT NULL,
    why        text        NOT NULL DEFAULT '',
    created    timestamptz NOT NULL DEFAULT now(),
    expires    timestamptz NOT NULL,
    sent       timestamptz,
    updated    timestamptz NOT NULL DEFAULT now(),
    finished   timestamptz,
    message    text        NOT NULL DEFAULT '',
    result     json,
    bytes      bigint      NOT NULL DEFAULT 0,           -- of a file, received so far
    bytes_all  bigint                                    -- of a file, if its size is known
);
CREATE INDEX task_station ON task (station_id, id);
CREATE INDEX task_open    ON task (station_id) WHERE state IN ('queued', 'sent', 'running');

-- Files fetched from stations. Their content lies in the blob store.
CREATE TABLE stored_file (
    sha256     bytea       PRIMARY KEY CHECK (octet_length(sha256) = 32),
    bytes      bigint      NOT NULL,                     -- of the content
    stored     bigint      NOT NULL,                     -- compressed
    task_id    bigint      REFERENCES task ON DELETE SET NULL,
    station_id integer     REFERENCES station ON DELETE SET NULL,
    received   timestamptz NOT NULL DEFAULT now()
);
