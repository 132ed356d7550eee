-- Calls of data tools ($1, a JSON list of names) that succeeded: which have no event of data access of the same span, of one
-- below it, or with the same call id?
WITH told AS (
  SELECT DISTINCT unnest([trace_id || span_id, trace_id || parent_span_id, coalesce(session_id, '') || '/' || tool.call_id]) AS place
  FROM events WHERE event_type IN ('agent.data_access', 'agent.data_modify')
), calls AS (
  SELECT tool.name AS tool, event_id, "timestamp", coalesce(trace_id || span_id, '') AS span, coalesce(coalesce(session_id, '') || '/' || tool.call_id, '') AS call
  FROM events WHERE event_type = 'agent.tool_result' AND outcome = 'success' AND list_contains(from_json($1, '["VARCHAR"]'), tool.name)
), joined AS (
  SELECT c.*, s.place IS NULL AND i.place IS NULL AS silent
  FROM calls c LEFT JOIN told s ON s.place = c.span LEFT JOIN told i ON i.place = c.call
)
SELECT tool, count(*) AS calls, count(*) FILTER (silent) AS without_data_event,
  list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 20) FILTER (silent), x -> x.id) AS event_ids
FROM joined GROUP BY tool ORDER BY without_data_event DESC, tool
