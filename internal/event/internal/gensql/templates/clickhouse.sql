-- Code generated from the event table by internal/event/internal/gensql. DO NOT EDIT.
--
-- The events of a bucket in ClickHouse, read where they lie: three views, which hold nothing.
--
--   event_lines    the stored lines, as they are, with date and tier of the object's key
--   stored_events  those that are events, typed, with the aliases of event types resolved
--   events         the same, each event once: of lines with one event_id and one body, the first stored
--
-- Ask for days, or every object is read:
--   SELECT agent_name, count() FROM events WHERE date BETWEEN '2026-11-01' AND '2026-11-07' GROUP BY 1
-- What is asked often is better kept:  CREATE TABLE kept ENGINE = MergeTree ORDER BY (date, trace_id, timestamp)
--   SETTINGS allow_nullable_key = 1 AS SELECT * FROM events WHERE date = '2026-11-01'
--
-- What is different here from `agentaudit sql`:
--   * Nothing is verified. Run `agentaudit verify` first.
--   * Session, user and agent are not completed from the trace, nor approvals joined to their calls: there is no column inferred.
--   * UUIDs and days are text. Members of JSON are text, exactly as stored (JSONExtract reads them). A group that is absent is a tuple of NULLs.
--   * A line that is no event is left out. The trail counts such lines as "damaged"; they are in event_lines.
--   * Where segments expire (exporter: segments.expire), older days are only under days/: write {events,days} for events in the URL, and
--     *.jsonl* for the names. A day object is several zstd frames end to end. The view events still has each event once.
--
-- Set HOST (such as s3.eu-central-1.amazonaws.com), BUCKET and PREFIX. Credentials come from the server's configuration; else they are two more arguments behind
-- the URL, or NOSIGN. Without compression, or with gzip, change the ending. A bucket in a directory is read by
-- file('BUCKET/events/*/*/*.jsonl.zst', 'LineAsString', 'line String').
--
-- Not run: no ClickHouse was at hand. The two views over event_lines were, by another engine, in translation and with stand-ins for ClickHouse's functions, over
-- lines of which some are there twice, have an alias for a type, share an id with other content, or are damaged. Checked beside: the lists
-- against the event table, and the expression that cuts off the stamp. Written for ClickHouse 24.3 or later.

CREATE OR REPLACE VIEW event_lines AS
SELECT
  line,
  extract(_path, 'tier=([a-z]+)/') AS tier,
  toDate(extract(_path, 'date=([0-9-]{10})/')) AS date
FROM s3('https://BUCKET.HOST/PREFIX/events/tier=*/date=*/*.jsonl.zst', 'LineAsString', 'line String', 'zstd');

CREATE OR REPLACE VIEW stored_events AS
SELECT
  {{columns}},
  tier,
  date,
  -- of the line without the stamp
  cityHash64(replaceRegexpOne(line, ',"writer":"[^"]*","seq":[0-9]+,"ingested_at":"[^"]*"(,"conflict":true)?}$', '')) AS {{hidden}}
FROM (
  SELECT line, tier, date, JSONExtract(line, 'Tuple(
    {{structure}}
  )') AS e
  FROM event_lines
)
WHERE e.`event_id` IS NOT NULL;

-- The partition columns are among those that make a copy, so that conditions on them reach the scan: copies have one timestamp and one tier.
CREATE OR REPLACE VIEW events AS
SELECT {{names}}, tier, date
FROM (
  SELECT *, row_number() OVER (PARTITION BY date, tier, `event_id`, {{hidden}} ORDER BY `ingested_at`, `writer`, `seq`) AS copy
  FROM stored_events
)
WHERE copy = 1;
