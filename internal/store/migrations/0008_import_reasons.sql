-- What there is to say of an import, one by one with a code and named values, so
-- that the page can say it in the reader's language. reason stays for programs.

-- +goose Up
ALTER TABLE import ADD COLUMN reasons jsonb NOT NULL DEFAULT '[]';

-- Of the imports so far, those that say one thing without values.
UPDATE import i
SET    reasons = jsonb_build_array(jsonb_build_object('message', i.reason, 'code', known.code))
FROM   (VALUES
           ('import_empty', 'the file is empty'),
           ('import_not_a_log', 'the file is neither a Windows event log (.evtx, beginning with ElfFile), nor an event trace (.etl), nor newline-delimited JSON (each line an object)'),
           ('import_json_lines', 'the file is JSON, and not newline-delimited: each event must be an object on a line of its own; "jq -c ." makes it so'),
           ('import_stopped', 'the import was stopped; import the file again: what was added is not added twice'),
           ('import_interrupted', 'the server stopped while it was importing; import the file again: what was added stays and is not added twice'),
           ('import_broke_off', 'the upload broke off; try again'),
           ('import_failed', 'the import failed; the server''s log says why')
       ) AS known (code, message)
WHERE  i.reason = known.message;
