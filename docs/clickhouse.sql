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
  e.`schema` AS `schema`,
  e.`event_id` AS `event_id`,
  CASE e.`event_type`
    WHEN 'action.approved' THEN 'agent.human_intervention'
    WHEN 'action.denied' THEN 'agent.permission_denied'
    WHEN 'action.executed' THEN 'agent.tool_result'
    WHEN 'action.failed' THEN 'agent.error'
    WHEN 'action.request' THEN 'agent.permission_check'
    WHEN 'agent.start' THEN 'agent.session_start'
    WHEN 'agent.stop' THEN 'agent.session_end'
    WHEN 'data.access' THEN 'agent.data_access'
    WHEN 'data.modify' THEN 'agent.data_modify'
    WHEN 'error' THEN 'agent.error'
    WHEN 'final_output' THEN 'agent.final_output'
    WHEN 'llm_call' THEN 'agent.llm_response'
    WHEN 'permission.check' THEN 'agent.permission_check'
    WHEN 'permission.denied' THEN 'agent.permission_denied'
    WHEN 'session_end' THEN 'agent.session_end'
    WHEN 'session_start' THEN 'agent.session_start'
    WHEN 'session_timeout' THEN 'agent.session_end'
    WHEN 'tool.call' THEN 'agent.tool_call'
    WHEN 'tool.response' THEN 'agent.tool_result'
    WHEN 'tool_call' THEN 'agent.tool_call'
    WHEN 'tool_result' THEN 'agent.tool_result'
    ELSE e.`event_type` END AS `event_type`,
  parseDateTime64BestEffortOrNull(e.`timestamp`, 9, 'UTC') AS `timestamp`,
  parseDateTime64BestEffortOrNull(e.`observed_at`, 9, 'UTC') AS `observed_at`,
  e.`trace_id` AS `trace_id`,
  e.`span_id` AS `span_id`,
  e.`parent_span_id` AS `parent_span_id`,
  e.`parent_event_id` AS `parent_event_id`,
  nullIf(JSONExtractRaw(line, 'links'), '') AS `links`,
  e.`agent_name` AS `agent_name`,
  e.`agent_id` AS `agent_id`,
  e.`agent_version` AS `agent_version`,
  e.`user_id` AS `user_id`,
  e.`tenant_id` AS `tenant_id`,
  e.`source` AS `source`,
  e.`session_id` AS `session_id`,
  e.`task_id` AS `task_id`,
  e.`turn_id` AS `turn_id`,
  e.`step_number` AS `step_number`,
  e.`action` AS `action`,
  e.`resource` AS `resource`,
  e.`operation` AS `operation`,
  nullIf(JSONExtractRaw(line, 'params'), '') AS `params`,
  nullIf(JSONExtractRaw(line, 'result'), '') AS `result`,
  e.`outcome` AS `outcome`,
  e.`reasoning` AS `reasoning`,
  e.`decision` AS `decision`,
  e.`confidence` AS `confidence`,
  e.`rationale` AS `rationale`,
  e.`provider` AS `provider`,
  e.`model` AS `model`,
  e.`response_id` AS `response_id`,
  e.`finish_reason` AS `finish_reason`,
  e.`system_prompt_hash` AS `system_prompt_hash`,
  e.`tool_definitions_hash` AS `tool_definitions_hash`,
  nullIf(JSONExtractRaw(line, 'input'), '') AS `input`,
  e.`input_history_hash` AS `input_history_hash`,
  nullIf(JSONExtractRaw(line, 'output'), '') AS `output`,
  e.`tokens` AS `tokens`,
  e.`cost_usd` AS `cost_usd`,
  e.`cost_source` AS `cost_source`,
  e.`duration_ms` AS `duration_ms`,
  e.`approval` AS `approval`,
  CAST(tuple(e.`handoff`.`from`, e.`handoff`.`to`, nullIf(JSONExtractRaw(line, 'handoff', 'context'), '')), 'Tuple(`from` Nullable(String), `to` Nullable(String), `context` Nullable(String))') AS `handoff`,
  e.`error` AS `error`,
  e.`error_type` AS `error_type`,
  e.`error_stack` AS `error_stack`,
  e.`tool` AS `tool`,
  e.`action_hash` AS `action_hash`,
  e.`guardrail` AS `guardrail`,
  e.`feedback` AS `feedback`,
  e.`convention` AS `convention`,
  e.`origin` AS `origin`,
  e.`service` AS `service`,
  nullIf(JSONExtractRaw(line, 'redactions'), '') AS `redactions`,
  e.`redaction_version` AS `redaction_version`,
  nullIf(JSONExtractRaw(line, 'truncated'), '') AS `truncated`,
  nullIf(JSONExtractRaw(line, 'attributes'), '') AS `attributes`,
  e.`retention` AS `retention`,
  e.`writer` AS `writer`,
  e.`seq` AS `seq`,
  parseDateTime64BestEffortOrNull(e.`ingested_at`, 9, 'UTC') AS `ingested_at`,
  e.`conflict` AS `conflict`,
  tier,
  date,
  -- of the line without the stamp
  cityHash64(replaceRegexpOne(line, ',"writer":"[^"]*","seq":[0-9]+,"ingested_at":"[^"]*"(,"conflict":true)?}$', '')) AS `body_hash`
FROM (
  SELECT line, tier, date, JSONExtract(line, 'Tuple(
    `schema` Nullable(String),
    `event_id` Nullable(String),
    `event_type` Nullable(String),
    `timestamp` Nullable(String),
    `observed_at` Nullable(String),
    `trace_id` Nullable(String),
    `span_id` Nullable(String),
    `parent_span_id` Nullable(String),
    `parent_event_id` Nullable(String),
    `links` Nullable(String),
    `agent_name` Nullable(String),
    `agent_id` Nullable(String),
    `agent_version` Nullable(String),
    `user_id` Nullable(String),
    `tenant_id` Nullable(String),
    `source` Nullable(String),
    `session_id` Nullable(String),
    `task_id` Nullable(String),
    `turn_id` Nullable(String),
    `step_number` Nullable(Int64),
    `action` Nullable(String),
    `resource` Nullable(String),
    `operation` Nullable(String),
    `params` Nullable(String),
    `result` Nullable(String),
    `outcome` Nullable(String),
    `reasoning` Nullable(String),
    `decision` Nullable(String),
    `confidence` Nullable(Float64),
    `rationale` Nullable(String),
    `provider` Nullable(String),
    `model` Nullable(String),
    `response_id` Nullable(String),
    `finish_reason` Nullable(String),
    `system_prompt_hash` Nullable(String),
    `tool_definitions_hash` Nullable(String),
    `input` Nullable(String),
    `input_history_hash` Nullable(String),
    `output` Nullable(String),
    `tokens` Tuple(`input` Nullable(Int64), `output` Nullable(Int64), `reasoning` Nullable(Int64), `cache_read` Nullable(Int64), `cache_write` Nullable(Int64), `total` Nullable(Int64), `input_includes_cache` Nullable(Bool)),
    `cost_usd` Nullable(Float64),
    `cost_source` Nullable(String),
    `duration_ms` Nullable(Float64),
    `approval` Tuple(`required` Nullable(Bool), `status` Nullable(String), `standing` Nullable(Bool), `actor_class` Nullable(String), `approver_id` Nullable(String), `reason` Nullable(String), `action_hash` Nullable(String)),
    `handoff` Tuple(`from` Nullable(String), `to` Nullable(String), `context` Nullable(String)),
    `error` Nullable(String),
    `error_type` Nullable(String),
    `error_stack` Nullable(String),
    `tool` Tuple(`name` Nullable(String), `call_id` Nullable(String), `type` Nullable(String), `server` Nullable(String)),
    `action_hash` Nullable(String),
    `guardrail` Tuple(`name` Nullable(String), `verdict` Nullable(String), `reason` Nullable(String), `target` Nullable(String), `policy_id` Nullable(String), `policy_version` Nullable(String), `risk` Nullable(Float64)),
    `feedback` Tuple(`name` Nullable(String), `score` Nullable(Float64), `label` Nullable(String), `comment` Nullable(String), `target_id` Nullable(String), `annotator` Nullable(String)),
    `convention` Nullable(String),
    `origin` Tuple(`signal` Nullable(String), `scope` Nullable(String), `name` Nullable(String)),
    `service` Tuple(`name` Nullable(String), `version` Nullable(String), `instance_id` Nullable(String), `environment` Nullable(String)),
    `redactions` Nullable(String),
    `redaction_version` Nullable(String),
    `truncated` Nullable(String),
    `attributes` Nullable(String),
    `retention` Tuple(`tier` Nullable(String), `days` Nullable(Int64), `expires_on` Nullable(String)),
    `writer` Nullable(String),
    `seq` Nullable(Int64),
    `ingested_at` Nullable(String),
    `conflict` Nullable(Bool)
  )') AS e
  FROM event_lines
)
WHERE e.`event_id` IS NOT NULL;

-- The partition columns are among those that make a copy, so that conditions on them reach the scan: copies have one timestamp and one tier.
CREATE OR REPLACE VIEW events AS
SELECT `schema`, `event_id`, `event_type`, `timestamp`, `observed_at`, `trace_id`, `span_id`, `parent_span_id`, `parent_event_id`, `links`, `agent_name`, `agent_id`, `agent_version`, `user_id`, `tenant_id`, `source`, `session_id`, `task_id`, `turn_id`, `step_number`, `action`, `resource`, `operation`, `params`, `result`, `outcome`, `reasoning`, `decision`, `confidence`, `rationale`, `provider`, `model`, `response_id`, `finish_reason`, `system_prompt_hash`, `tool_definitions_hash`, `input`, `input_history_hash`, `output`, `tokens`, `cost_usd`, `cost_source`, `duration_ms`, `approval`, `handoff`, `error`, `error_type`, `error_stack`, `tool`, `action_hash`, `guardrail`, `feedback`, `convention`, `origin`, `service`, `redactions`, `redaction_version`, `truncated`, `attributes`, `retention`, `writer`, `seq`, `ingested_at`, `conflict`, tier, date
FROM (
  SELECT *, row_number() OVER (PARTITION BY date, tier, `event_id`, `body_hash` ORDER BY `ingested_at`, `writer`, `seq`) AS copy
  FROM stored_events
)
WHERE copy = 1;
