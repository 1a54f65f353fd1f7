-- Who may look, and what they brought along: users, their sessions and tokens,
-- imports, and the record of what was done.

-- +goose Up
CREATE TABLE user_account (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name                 text        NOT NULL CHECK (name <> '' AND length(name) <= 64),
    role                 text        NOT NULL CHECK (role IN ('administrator', 'analyst', 'viewer')),
    password_hash        text        NOT NULL,           -- argon2id, encoded with its parameters
    must_change_password boolean     NOT NULL DEFAULT true,
    disabled             boolean     NOT NULL DEFAULT false,
    created              timestamptz NOT NULL DEFAULT now(),
    last_login           timestamptz
);
CREATE UNIQUE INDEX user_account_name ON user_account (lower(name));

CREATE TABLE session (
    secret_hash bytea       PRIMARY KEY CHECK (octet_length(secret_hash) = 32), -- SHA-256 of the cookie's value
    user_id     bigint      NOT NULL REFERENCES user_account ON DELETE CASCADE,
    created     timestamptz NOT NULL DEFAULT now(),
    last_used   timestamptz NOT NULL DEFAULT now(),
    expires     timestamptz NOT NULL
);
CREATE INDEX session_of_user ON session (user_id);

CREATE TABLE token (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    secret_hash bytea       NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    user_id     bigint      NOT NULL REFERENCES user_account ON DELETE CASCADE,
    name        text        NOT NULL CHECK (name <> '' AND length(name) <= 128),
    role        text        NOT NULL CHECK (role IN ('administrator', 'analyst', 'viewer')),
    created     timestamptz NOT NULL DEFAULT now(),
    last_used   timestamptz,
    expires     timestamptz
);
CREATE INDEX token_of_user ON token (user_id);

-- One row per file given to the import, with its summary.
CREATE TABLE import (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text        NOT NULL,
    state       text        NOT NULL CHECK (state IN ('receiving', 'running', 'done', 'failed', 'interrupted')),
    user_name   text        NOT NULL,
    bytes       bigint      NOT NULL DEFAULT 0,
    bytes_done  bigint      NOT NULL DEFAULT 0,
    records     bigint      NOT NULL DEFAULT 0,
    starts      bigint      NOT NULL DEFAULT 0,
    stops       bigint      NOT NULL DEFAULT 0,
    added       bigint      NOT NULL DEFAULT 0,
    duplicates  bigint      NOT NULL DEFAULT 0,
    damaged     bigint      NOT NULL DEFAULT 0,
    other       bigint      NOT NULL DEFAULT 0,
    reason      text        NOT NULL DEFAULT '',
    station_ids bigint[]    NOT NULL DEFAULT '{}',
    created     timestamptz NOT NULL DEFAULT now(),
    updated     timestamptz NOT NULL DEFAULT now(),  -- a running import is touched every few seconds
    finished    timestamptz
);

-- Who did what. Append-only.
CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time    timestamptz NOT NULL DEFAULT now(),
    who     text        NOT NULL,
    action  text        NOT NULL,
    subject text        NOT NULL DEFAULT '',
    detail  jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_time ON audit (time);
