-- The event store: who reported, what ran, what ended, and what is common.
--
-- Process starts and process stops are append-only and partitioned by the day
-- the process STARTED, so a pair is always in partitions of one day and
-- retention drops whole days. Partitions are made on demand by the store; none
-- exists after this migration.
--
-- Ready to be distributed by station_id (Citus): station_id is in every unique
-- key of the event tables, they carry no triggers, and point only at reference
-- tables (station, account, path, line, privilege_set, binary_file, import_file). Foreign keys
-- on them would cost every row a look-up and make new partitions lock the
-- reference tables: the one writer, the transaction of an ingest, keeps them.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE station (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text        NOT NULL UNIQUE,   -- identity: key fingerprint, or 'import:' and the computer's name
    name       text        NOT NULL,          -- as the computer calls itself
    origin     text        NOT NULL CHECK (origin IN ('live', 'imported')),
    first_seen timestamptz NOT NULL,          -- oldest and newest event time
    last_seen  timestamptz NOT NULL,
    starts     bigint      NOT NULL DEFAULT 0, -- process starts ever stored
    created    timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX station_name ON station (lower(name), id);

-- Texts that repeat in millions of events are kept once. Each is found by the
-- text itself through its md5: a path or a line may be longer than a btree allows.
CREATE TABLE account (
    id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,                       -- DOMAIN\name
    sid  text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX account_identity ON account (md5(name || E'\n' || sid));

CREATE TABLE path (                           -- images and current directories
    id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL
);
CREATE UNIQUE INDEX path_identity ON path (md5(text));
CREATE INDEX path_trigrams ON path USING gin (text gin_trgm_ops);

CREATE TABLE line (                           -- command lines of parents
    id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL
);
CREATE UNIQUE INDEX line_identity ON line (md5(text));

-- A binary is an executable file's content. Its identity is the SHA-256; where
-- the source gave none, a digest of the other hashes; where it gave no hash at
-- all, of the path (identified_by says which).
CREATE TABLE binary_file (
    id                 integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity           bytea       NOT NULL UNIQUE,
    identified_by      text        NOT NULL CHECK (identified_by IN ('sha256', 'sha1', 'md5', 'path')),
    sha256             bytea       CHECK (octet_length(sha256) = 32),
    sha1               bytea       CHECK (octet_length(sha1) = 20),
    md5                bytea       CHECK (octet_length(md5) = 16),
    imphash            bytea       CHECK (octet_length(imphash) = 16),
    file_size          bigint,
    name               text        NOT NULL,  -- file name it was first seen under
    original_file_name text        NOT NULL DEFAULT '',
    description        text        NOT NULL DEFAULT '',
    product            text        NOT NULL DEFAULT '',
    company            text        NOT NULL DEFAULT '',
    file_version       text        NOT NULL DEFAULT '',
    signer             text        NOT NULL DEFAULT '',
    signed             boolean,
    created            timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX binary_sha256  ON binary_file (sha256)  WHERE sha256 IS NOT NULL;
CREATE INDEX binary_sha1    ON binary_file (sha1)    WHERE sha1 IS NOT NULL;
CREATE INDEX binary_md5     ON binary_file (md5)     WHERE md5 IS NOT NULL;
CREATE INDEX binary_imphash ON binary_file (imphash) WHERE imphash IS NOT NULL;

-- Names of the files that imported events were read from.
CREATE TABLE import_file (
    id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text        NOT NULL UNIQUE,
    created timestamptz NOT NULL DEFAULT now()
);

-- Which privileges a process had; a few dozen sets serve millions of processes.
CREATE TABLE privilege_set (
    id                 integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    privileges         bigint,                -- masks, see event.PrivilegeSet; null is not known
    privileges_default bigint,
    privileges_present bigint,
    UNIQUE NULLS NOT DISTINCT (privileges, privileges_default, privileges_present)
);

-- Every byte here is paid for a billion times. Columns stand in the order that
-- wastes none on alignment; numbers of 32 bits without a sign (pids, sessions,
-- exit codes) are kept as the integer with the same bits.
CREATE TABLE process_start (
    started              timestamptz NOT NULL,
    process_key          uuid        NOT NULL,   -- event.Process.Key: unique with station and start time
    parent_key           uuid,                   -- null while nobody knows the parent
    parent_started       timestamptz,
    logon_id             bigint,                 -- LUID, its 64 bits taken as signed
    seq                  bigint,                 -- position in the live stream; null when imported
    boot_id              bigint,                 -- these two are null where flags say that the key is made of them
    process_seq          bigint,
    source_record        bigint,
    station_id           integer     NOT NULL,
    binary_id            integer     NOT NULL,
    parent_binary_id     integer,
    account_id           integer     NOT NULL,
    image_id             integer     NOT NULL,   -- path
    directory_id         integer,                -- path
    parent_image_id      integer,                -- path
    parent_line_id       integer,                -- line
    parent_account_id    integer,
    grandparent_image_id integer,                -- path
    privilege_set_id     integer,
    source_file_id       integer,
    pid                  integer     NOT NULL,
    parent_pid           integer,
    creator_pid          integer,
    session              integer,
    kind                 smallint    NOT NULL,   -- 1 start, 3 running
    sensor               smallint    NOT NULL,
    flags                smallint    NOT NULL DEFAULT 0, -- 1 wow64, 2 protected, 4 packaged, 8 elevated, 16 not elevated, 32 the key is boot id and sequence number
    integrity            smallint,               -- 0 untrusted .. 6 protected
    elevation            smallint,               -- 1 default, 2 full, 3 limited
    command_line         text        NOT NULL,
    package              text
) PARTITION BY RANGE (started);
CREATE INDEX process_start_time    ON process_start (started);
CREATE INDEX process_start_station ON process_start (station_id, started);
CREATE INDEX process_start_pid     ON process_start (station_id, pid, started);
CREATE INDEX process_start_binary  ON process_start (binary_id, started);

-- A stop whose start is not stored stands in the day it happened, with
-- started = stopped and start_known = false.
-- Of a stop with statistics handles is not null; a figure that is null is zero
-- then. Binary, account and image are those of the start, where that is stored,
-- so that most searches need not join it; else what the stop itself told.
CREATE TABLE process_stop (
    started            timestamptz NOT NULL,
    stopped            timestamptz NOT NULL,
    process_key        uuid        NOT NULL,
    seq                bigint,
    source_record      bigint,
    handles            bigint,
    threads            bigint,
    kernel_time_us     bigint,
    user_time_us       bigint,
    cpu_cycles         bigint,
    read_ops           bigint,
    write_ops          bigint,
    other_ops          bigint,
    read_bytes         bigint,
    write_bytes        bigint,
    other_bytes        bigint,
    hard_faults        bigint,
    page_faults        bigint,
    commit_charge      bigint,
    commit_peak        bigint,
    peak_working_set   bigint,
    peak_virtual_size  bigint,
    peak_pagefile      bigint,
    peak_paged_pool    bigint,
    peak_nonpaged_pool bigint,
    station_id         integer     NOT NULL,
    pid                integer     NOT NULL,
    exit_code          integer,
    binary_id          integer,
    account_id         integer,
    image_id           integer,                  -- path
    source_file_id     integer,
    sensor             smallint    NOT NULL,
    start_known        boolean     NOT NULL
) PARTITION BY RANGE (started);
CREATE INDEX process_stop_station ON process_stop (station_id, started);
CREATE INDEX process_stop_time    ON process_stop (stopped);
CREATE INDEX process_stop_orphan  ON process_stop (station_id, pid, stopped) WHERE NOT start_known;

-- The longest time that any process is known to have run. A stop is in the
-- partition of its start: a search for stops need not look further back.
CREATE TABLE longest_run (
    one     boolean  PRIMARY KEY DEFAULT true CHECK (one),
    longest interval NOT NULL
);
INSERT INTO longest_run (longest) VALUES (interval '1 day');

-- What a live station has had acknowledged. Read and written in the transaction
-- that stores the events: that is what makes a replayed batch harmless. Imported
-- events need no such row: the same record gives the same process key and time,
-- and imports into one station take turns.
CREATE TABLE station_stream (
    station_id integer PRIMARY KEY REFERENCES station,
    last_seq   bigint NOT NULL CHECK (last_seq >= 0)
);

-- Which user has run which binary on which station, and which binary has started
-- which, since when. Rows are only ever added: a pair that is known costs an
-- ingest nothing, and two servers never count on the same row.
CREATE TABLE account_binary_station (
    binary_id  integer     NOT NULL,
    station_id integer     NOT NULL,
    account_id integer     NOT NULL,
    first_seen timestamptz NOT NULL,
    PRIMARY KEY (binary_id, station_id, account_id)
);
CREATE INDEX account_binary_station_station ON account_binary_station (station_id);

-- On which stations an account has been seen, in a start or a stop: a search for
-- a user goes to these alone.
CREATE TABLE account_station (
    account_id integer NOT NULL,
    station_id integer NOT NULL,
    PRIMARY KEY (account_id, station_id)
);
CREATE INDEX account_station_station ON account_station (station_id);

CREATE TABLE launch_station (
    binary_id        integer     NOT NULL,
    parent_binary_id integer     NOT NULL,
    station_id       integer     NOT NULL,
    first_seen       timestamptz NOT NULL,
    PRIMARY KEY (binary_id, parent_binary_id, station_id)
);
CREATE INDEX launch_station_parent ON launch_station (parent_binary_id);

-- Where a binary lay when it ran.
CREATE TABLE binary_path (
    path_id   integer NOT NULL,
    binary_id integer NOT NULL,
    PRIMARY KEY (path_id, binary_id)
);
CREATE INDEX binary_path_binary ON binary_path (binary_id);

-- The fleet's figures, each second folded from deltas that an ingest only
-- appends. A figure is the total and what is not folded yet.
CREATE TABLE prevalence_delta (
    binary_id        integer     NOT NULL,
    parent_binary_id integer     NOT NULL,       -- 0: the parent is not stored
    runs             bigint      NOT NULL,
    stations         integer     NOT NULL,       -- that had not run the binary before
    launch_stations  integer     NOT NULL,       -- on which that parent had not started it before
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL
);

CREATE TABLE binary_total (
    binary_id  integer     PRIMARY KEY,
    stations   bigint      NOT NULL,
    runs       bigint      NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen  timestamptz NOT NULL
) WITH (fillfactor = 70);                        -- runs and last_seen are updated in their place: no index has them
CREATE INDEX binary_total_rarity ON binary_total (stations, binary_id);
CREATE INDEX binary_total_news   ON binary_total (first_seen, binary_id);

CREATE TABLE launch_total (
    binary_id        integer     NOT NULL,
    parent_binary_id integer     NOT NULL,
    stations         bigint      NOT NULL,
    runs             bigint      NOT NULL,
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    PRIMARY KEY (binary_id, parent_binary_id)
) WITH (fillfactor = 70);
CREATE INDEX launch_total_parent ON launch_total (parent_binary_id);

-- How many events a station had in each hour, by the time of the event.
CREATE TABLE station_hour (
    hour       timestamptz NOT NULL,
    station_id integer     NOT NULL,
    starts     integer     NOT NULL,
    stops      integer     NOT NULL,
    PRIMARY KEY (station_id, hour)
) WITH (fillfactor = 70);                        -- room to update a row in its place
CREATE INDEX station_hour_hour ON station_hour USING brin (hour);
