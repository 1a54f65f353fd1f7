-- Searches that people keep: a page of the UI, its filter and its span, under a
-- name. What is shared is seen by everybody and outlives the user who made it.

-- +goose Up
CREATE TABLE saved_search (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id    bigint      REFERENCES user_account ON DELETE CASCADE, -- null: its owner was removed
    name        text        NOT NULL CHECK (name <> '' AND length(name) <= 128),
    description text        NOT NULL DEFAULT '',
    page        text        NOT NULL CHECK (page IN ('events', 'processes', 'binaries', 'stations')),
    q           text        NOT NULL DEFAULT '',
    range       text        NOT NULL DEFAULT '',         -- as in the page's address: '24h', 'all'
    from_time   timestamptz,
    to_time     timestamptz,
    sort_order  text        NOT NULL DEFAULT '',
    shared      boolean     NOT NULL DEFAULT false,
    created     timestamptz NOT NULL DEFAULT now(),
    updated     timestamptz NOT NULL DEFAULT now(),
    CHECK (range = '' OR from_time IS NULL AND to_time IS NULL),
    CHECK (shared OR owner_id IS NOT NULL)
);
CREATE UNIQUE INDEX saved_search_name ON saved_search (owner_id, lower(name));
