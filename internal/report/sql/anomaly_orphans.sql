-- Anomaly: events whose parent event is nowhere. A collector names a parent event only when it has derived it itself, from the same request; so it was
-- stored, and is missing now. Parent spans say nothing: most spans of a trace are no agent's. Events older than $days before the newest are not
-- judged, for their parents may have expired.
WITH children AS NOT MATERIALIZED (
  SELECT parent_event_id, agent_name, session_id, trace_id, event_id, "timestamp" AS moment FROM events
  WHERE parent_event_id IS NOT NULL AND "timestamp" > (SELECT max("timestamp") FROM events) - to_days($days::INTEGER)
), parents AS (SELECT DISTINCT parent_event_id AS event_id FROM children),
found AS (SELECT DISTINCT event_id FROM history SEMI JOIN parents USING (event_id)),
missing AS (SELECT event_id AS parent_event_id FROM parents ANTI JOIN found USING (event_id))
SELECT
  true AS decided, CASE WHEN min(agent_name) = max(agent_name) THEN min(agent_name) END AS agent, NULL AS user_id, min(session_id) AS session_id,
  trace_id, NULL AS tool, CASE WHEN trace_id IS NULL THEN min(parent_event_id) END AS anchor,
  format('{} events name {} parent events that are nowhere: {}', count(*), count(DISTINCT parent_event_id), min(parent_event_id)) AS seen,
  'a parent event that is named is stored' AS baseline,
  list_transform(min(epoch_ns(moment) || event_id, 20), x -> x[20:]) AS event_ids, count(*) AS events, min(moment) AS first_at, max(moment) AS last_at
FROM children JOIN missing USING (parent_event_id) GROUP BY trace_id
ORDER BY last_at, trace_id, anchor
