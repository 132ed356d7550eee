-- Code generated from the event table by internal/event/internal/gensql. DO NOT EDIT.
--
-- The events of a bucket in Amazon Athena (engine version 3, which reads zstd in text): a table of the stored lines and two views over it.
--
--   stored_events  every stored line that is an event, typed, with the aliases of event types resolved
--   events         the same, each event once: of lines with one event_id and one body, the first stored
--
-- Beside the columns of the event table both have the partition columns "date" (text, YYYY-MM-DD) and tier. Ask for days, or
-- every object is read, and paid for:
--   SELECT agent_name, count(*) FROM events WHERE "date" BETWEEN '2026-11-01' AND '2026-11-07' GROUP BY 1
--
-- What is different here from `agentaudit sql`:
--   * Nothing is verified. Run `agentaudit verify` first.
--   * Session, user and agent are not completed from the trace, nor approvals joined to their calls: there is no column inferred.
--   * UUIDs and days are text. Members of JSON are text, too, since Athena's views have no type for it (json_extract reads them); their
--     names are sorted. The exact bytes are in event_lines.line.
--   * Times are cut to milliseconds, which is what Athena's tables have.
--   * A line that is no event is left out. The trail counts such lines as "damaged"; they are in event_lines. Athena refuses
--     lines that are longer than it takes rows to be; see its service quotas.
--   * Days are found by projection, without a crawler: those from the range below, of which the first is yours to set. An event that
--     claims to be of another day is not seen.
--   * Where segments expire (exporter: segments.expire), older days are only under days/: make the same table over
--     s3://BUCKET/PREFIX/days/, too, as day_lines, and read both in stored_events (UNION ALL). A day object is several zstd
--     frames end to end. events still has each event once.
--
-- Set BUCKET, PREFIX and the first day. Objects may end in .zst, .gz or nothing: Athena goes by the ending. Run each statement by itself.
--
-- Why not a JSON SerDe: that of OpenX, by Athena's own documentation, may give other numbers of rows than there are lines.
--
-- Not run: no Athena was at hand. The two views were, by another engine with stand-ins for Athena's functions, over lines of which some are there twice,
-- have an alias for a type, share an id with other content, or are damaged. Checked beside: the lists against the event table, and the
-- expression that cuts off the stamp.

CREATE EXTERNAL TABLE event_lines (line string)
PARTITIONED BY (tier string, `date` string)
ROW FORMAT DELIMITED FIELDS TERMINATED BY '\001'
STORED AS TEXTFILE
LOCATION 's3://BUCKET/PREFIX/events/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.tier.type' = 'enum',
  'projection.tier.values' = 'debug,info,compliance,critical',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2026-01-01,NOW+1DAYS',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://BUCKET/PREFIX/events/tier=${tier}/date=${date}/'
);

CREATE OR REPLACE VIEW stored_events AS
SELECT
  {{columns}},
  tier,
  "date",
  -- of the line without the stamp, which begins at the last "writer"
  to_hex(xxhash64(to_utf8(substr(line, 1, strpos(line, ',"writer":"', -1) - 1)))) AS {{hidden}}
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
