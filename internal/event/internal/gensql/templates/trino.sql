-- Code generated from the event table by internal/event/internal/gensql. DO NOT EDIT.
--
-- The events of a bucket in Trino (Hive connector, with a metastore such as Glue): a table of the stored lines and two views over it.
--
--   stored_events  every stored line that is an event, typed, with the aliases of event types resolved
--   events         the same, each event once: of lines with one event_id and one body, the first stored
--
-- Beside the columns of the event table both have the partition columns "date" (text, YYYY-MM-DD) and tier. Ask for days, or
-- every object is read:  SELECT agent_name, count(*) FROM events WHERE "date" BETWEEN '2026-11-01' AND '2026-11-07' GROUP BY 1
--
-- What is different here from `agentaudit sql`:
--   * Nothing is verified. Run `agentaudit verify` first.
--   * Session, user and agent are not completed from the trace, nor approvals joined to their calls: there is no column inferred.
--   * UUIDs and days are text. Members of JSON have the type json, whose parser sorts the names in objects; the exact bytes are in
--     event_lines.line.
--   * A line that is no event is left out. The trail counts such lines as "damaged"; they are in event_lines.
--   * Where segments expire (exporter: segments.expire), older days are only under days/: make the same table over
--     s3://BUCKET/PREFIX/days/, too, as day_lines, and read both in stored_events (UNION ALL). A day object is several zstd
--     frames end to end. events still has each event once.
--
-- Set BUCKET, PREFIX and the catalog's and schema's names. Objects may end in .zst, .gz or nothing: Trino goes by the ending.
--
-- Not run: no Trino was at hand. The two views were, by another engine with stand-ins for Trino's functions, over lines of which some are there twice,
-- have an alias for a type, share an id with other content, or are damaged. Checked beside: the lists against the event table, and the
-- expression that cuts off the stamp. Written for Trino 400 or later.

CREATE TABLE event_lines (line varchar, tier varchar, "date" varchar)
WITH (
  format = 'TEXTFILE',
  external_location = 's3://BUCKET/PREFIX/events/',
  partitioned_by = ARRAY['tier', 'date']
);

-- Once a day, or whenever there are new days.
CALL system.sync_partition_metadata('SCHEMA', 'event_lines', 'ADD');

CREATE OR REPLACE VIEW stored_events AS
SELECT
  {{columns}},
  tier,
  "date",
  -- of the line without the stamp, which begins at the last "writer"
  xxhash64(to_utf8(substr(line, 1, strpos(line, ',"writer":"', -1) - 1))) AS {{hidden}}
FROM (
  SELECT line, tier, "date", TRY(CAST(json_parse(line) AS row(
    {{structure}}
  ))) AS e
  FROM event_lines
)
WHERE e."event_id" IS NOT NULL;

-- The partition columns are among those that make a copy, so that conditions on them reach the scan: copies have one timestamp and one tier.
CREATE OR REPLACE VIEW events AS
SELECT {{names}}, tier, "date"
FROM (
  SELECT *, row_number() OVER (PARTITION BY "date", tier, "event_id", {{hidden}} ORDER BY "ingested_at", "writer", "seq") AS copy
  FROM stored_events
)
WHERE copy = 1;
