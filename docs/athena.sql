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
  e."schema" AS "schema",
  e."event_id" AS "event_id",
  CASE e."event_type"
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
    ELSE e."event_type" END AS "event_type",
  CAST(from_iso8601_timestamp(e."timestamp") AS timestamp(3)) AS "timestamp",
  CAST(from_iso8601_timestamp(e."observed_at") AS timestamp(3)) AS "observed_at",
  e."trace_id" AS "trace_id",
  e."span_id" AS "span_id",
  e."parent_span_id" AS "parent_span_id",
  e."parent_event_id" AS "parent_event_id",
  json_format(e."links") AS "links",
  e."agent_name" AS "agent_name",
  e."agent_id" AS "agent_id",
  e."agent_version" AS "agent_version",
  e."user_id" AS "user_id",
  e."tenant_id" AS "tenant_id",
  e."source" AS "source",
  e."session_id" AS "session_id",
  e."task_id" AS "task_id",
  e."turn_id" AS "turn_id",
  e."step_number" AS "step_number",
  e."action" AS "action",
  e."resource" AS "resource",
  e."operation" AS "operation",
  json_format(e."params") AS "params",
  json_format(e."result") AS "result",
  e."outcome" AS "outcome",
  e."reasoning" AS "reasoning",
  e."decision" AS "decision",
  e."confidence" AS "confidence",
  e."rationale" AS "rationale",
  e."provider" AS "provider",
  e."model" AS "model",
  e."response_id" AS "response_id",
  e."finish_reason" AS "finish_reason",
  e."system_prompt_hash" AS "system_prompt_hash",
  e."tool_definitions_hash" AS "tool_definitions_hash",
  json_format(e."input") AS "input",
  e."input_history_hash" AS "input_history_hash",
  json_format(e."output") AS "output",
  e."tokens" AS "tokens",
  e."cost_usd" AS "cost_usd",
  e."cost_source" AS "cost_source",
  e."duration_ms" AS "duration_ms",
  e."approval" AS "approval",
  IF(e."handoff" IS NULL, NULL, CAST(ROW(e."handoff"."from", e."handoff"."to", json_format(e."handoff"."context")) AS row("from" varchar, "to" varchar, "context" varchar))) AS "handoff",
  e."error" AS "error",
  e."error_type" AS "error_type",
  e."error_stack" AS "error_stack",
  e."tool" AS "tool",
  e."action_hash" AS "action_hash",
  e."guardrail" AS "guardrail",
  e."feedback" AS "feedback",
  e."convention" AS "convention",
  e."origin" AS "origin",
  e."service" AS "service",
  json_format(e."redactions") AS "redactions",
  e."redaction_version" AS "redaction_version",
  json_format(e."truncated") AS "truncated",
  json_format(e."attributes") AS "attributes",
  e."retention" AS "retention",
  e."writer" AS "writer",
  e."seq" AS "seq",
  CAST(from_iso8601_timestamp(e."ingested_at") AS timestamp(3)) AS "ingested_at",
  e."conflict" AS "conflict",
  tier,
  "date",
  -- of the line without the stamp, which begins at the last "writer"
  to_hex(xxhash64(to_utf8(substr(line, 1, strpos(line, ',"writer":"', -1) - 1)))) AS "body_hash"
FROM (
  SELECT line, tier, "date", TRY(CAST(json_parse(line) AS row(
    "schema" varchar,
    "event_id" varchar,
    "event_type" varchar,
    "timestamp" varchar,
    "observed_at" varchar,
    "trace_id" varchar,
    "span_id" varchar,
    "parent_span_id" varchar,
    "parent_event_id" varchar,
    "links" json,
    "agent_name" varchar,
    "agent_id" varchar,
    "agent_version" varchar,
    "user_id" varchar,
    "tenant_id" varchar,
    "source" varchar,
    "session_id" varchar,
    "task_id" varchar,
    "turn_id" varchar,
    "step_number" bigint,
    "action" varchar,
    "resource" varchar,
    "operation" varchar,
    "params" json,
    "result" json,
    "outcome" varchar,
    "reasoning" varchar,
    "decision" varchar,
    "confidence" double,
    "rationale" varchar,
    "provider" varchar,
    "model" varchar,
    "response_id" varchar,
    "finish_reason" varchar,
    "system_prompt_hash" varchar,
    "tool_definitions_hash" varchar,
    "input" json,
    "input_history_hash" varchar,
    "output" json,
    "tokens" row("input" bigint, "output" bigint, "reasoning" bigint, "cache_read" bigint, "cache_write" bigint, "total" bigint, "input_includes_cache" boolean),
    "cost_usd" double,
    "cost_source" varchar,
    "duration_ms" double,
    "approval" row("required" boolean, "status" varchar, "standing" boolean, "actor_class" varchar, "approver_id" varchar, "reason" varchar, "action_hash" varchar),
    "handoff" row("from" varchar, "to" varchar, "context" json),
    "error" varchar,
    "error_type" varchar,
    "error_stack" varchar,
    "tool" row("name" varchar, "call_id" varchar, "type" varchar, "server" varchar),
    "action_hash" varchar,
    "guardrail" row("name" varchar, "verdict" varchar, "reason" varchar, "target" varchar, "policy_id" varchar, "policy_version" varchar, "risk" double),
    "feedback" row("name" varchar, "score" double, "label" varchar, "comment" varchar, "target_id" varchar, "annotator" varchar),
    "convention" varchar,
    "origin" row("signal" varchar, "scope" varchar, "name" varchar),
    "service" row("name" varchar, "version" varchar, "instance_id" varchar, "environment" varchar),
    "redactions" json,
    "redaction_version" varchar,
    "truncated" json,
    "attributes" json,
    "retention" row("tier" varchar, "days" bigint, "expires_on" varchar),
    "writer" varchar,
    "seq" bigint,
    "ingested_at" varchar,
    "conflict" boolean
  ))) AS e
  FROM event_lines
)
WHERE e."event_id" IS NOT NULL;

-- The partition columns are among those that make a copy, so that conditions on them reach the scan: copies have one timestamp and one tier.
CREATE OR REPLACE VIEW events AS
SELECT "schema", "event_id", "event_type", "timestamp", "observed_at", "trace_id", "span_id", "parent_span_id", "parent_event_id", "links", "agent_name", "agent_id", "agent_version", "user_id", "tenant_id", "source", "session_id", "task_id", "turn_id", "step_number", "action", "resource", "operation", "params", "result", "outcome", "reasoning", "decision", "confidence", "rationale", "provider", "model", "response_id", "finish_reason", "system_prompt_hash", "tool_definitions_hash", "input", "input_history_hash", "output", "tokens", "cost_usd", "cost_source", "duration_ms", "approval", "handoff", "error", "error_type", "error_stack", "tool", "action_hash", "guardrail", "feedback", "convention", "origin", "service", "redactions", "redaction_version", "truncated", "attributes", "retention", "writer", "seq", "ingested_at", "conflict", tier, "date"
FROM (
  SELECT *, row_number() OVER (PARTITION BY "date", tier, "event_id", "body_hash" ORDER BY "ingested_at", "writer", "seq") AS copy
  FROM stored_events
)
WHERE copy = 1;
