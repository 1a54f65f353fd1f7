-- USB devices: which there are, which station had which, and when. What a device
-- says of itself is its maker's claim, or an attacker's.

-- +goose Up

-- A device is its vendor, product and serial number, wherever it is plugged in;
-- one without a serial number is the station's it was seen on, by what that calls
-- it. Its names are those it gave last. Its figures are those of the stations
-- that had it, see station_device: they are few, and so are always right.
CREATE TABLE device (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity     bytea       NOT NULL UNIQUE CHECK (octet_length(identity) = 32),
    vendor_id    text        NOT NULL CHECK (vendor_id ~ '^[0-9a-f]{4}$'),
    product_id   text        NOT NULL CHECK (product_id ~ '^[0-9a-f]{4}$'),
    serial       text        NOT NULL DEFAULT '',    -- '': it has none
    described    timestamptz NOT NULL,               -- when it said what follows; -infinity: only its removal was told
    revision     text        NOT NULL DEFAULT '',
    vendor_name  text        NOT NULL DEFAULT '',
    product_name text        NOT NULL DEFAULT '',
    classes      text[]      NOT NULL DEFAULT '{}'   -- words, see event.DeviceClass
);

-- Devices that have been plugged into a station.
CREATE TABLE station_device (
    station_id integer     NOT NULL REFERENCES station ON DELETE CASCADE,
    device_id  bigint      NOT NULL REFERENCES device,
    name       text        NOT NULL,                 -- what the station calls it
    first_seen timestamptz NOT NULL,                 -- by the station's clock
    last_seen  timestamptz NOT NULL,                 -- that it came, was found or went
    plugs      bigint      NOT NULL DEFAULT 0,       -- how often it came or was found
    present    boolean     NOT NULL,                 -- as the latest record in the stream says
    PRIMARY KEY (station_id, device_id)
);
CREATE INDEX station_device_device ON station_device (device_id);

-- File systems that were on a device while a station had it.
CREATE TABLE device_volume (
    station_id  integer     NOT NULL,
    device_id   bigint      NOT NULL,
    identity    bytea       NOT NULL CHECK (octet_length(identity) = 16), -- of the next four
    mount       text        NOT NULL DEFAULT '',
    label       text        NOT NULL DEFAULT '',
    serial      text        NOT NULL DEFAULT '',
    file_system text        NOT NULL DEFAULT '',
    bytes       bigint      NOT NULL DEFAULT 0,      -- as was told last that knew it; 0: nobody did
    first_seen  timestamptz NOT NULL,
    last_seen   timestamptz NOT NULL,
    PRIMARY KEY (station_id, device_id, identity),
    FOREIGN KEY (station_id, device_id) REFERENCES station_device ON DELETE CASCADE
);
CREATE INDEX device_volume_device ON device_volume (device_id);

-- What stations reported (event.Device). They come by the dozen a day and
-- station, so there is no partition for each day.
CREATE TABLE device_event (
    id           bigint      GENERATED ALWAYS AS IDENTITY,
    station_id   integer     NOT NULL REFERENCES station ON DELETE CASCADE,
    device_id    bigint      NOT NULL REFERENCES device,
    seq          bigint      NOT NULL,               -- in the station's stream
    kind         text        NOT NULL CHECK (kind IN ('device_plugged', 'device_present', 'device_removed')),
    time         timestamptz NOT NULL,               -- by the station's clock
    received     timestamptz NOT NULL DEFAULT now(),
    name         text        NOT NULL,               -- what the station calls the device
    serial       text        NOT NULL DEFAULT '',    -- as it was spelt; devices compare without case
    revision     text        NOT NULL DEFAULT '',
    vendor_name  text        NOT NULL DEFAULT '',
    product_name text        NOT NULL DEFAULT '',
    classes      text        NOT NULL DEFAULT '',
    volumes      jsonb,                              -- list of event.Volume; null: none
    inferred     boolean     NOT NULL DEFAULT false,
    missing      text        NOT NULL DEFAULT '',
    PRIMARY KEY (station_id, id)
);
CREATE INDEX device_event_time    ON device_event (time, id);
CREATE INDEX device_event_station ON device_event (station_id, time);
CREATE INDEX device_event_device  ON device_event (device_id, time);

-- Searches of these two lists can be saved.
ALTER TABLE saved_search
    DROP CONSTRAINT saved_search_page_check,
    ADD  CONSTRAINT saved_search_page_check
         CHECK (page IN ('events', 'processes', 'binaries', 'stations', 'devices', 'device_events'));
