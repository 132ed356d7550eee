-- Anomaly: an agent uses a tool or a resource for the first time. It is judged by its history before $since, of at least $days days on
-- which it used tools; the row that is not decided counts agents that have less. Of a URL the host counts, of a path its folder.
WITH uses AS (
  SELECT agent_name, user_id, session_id, trace_id, event_id, "timestamp" AS moment, "timestamp" < $since::TIMESTAMP_NS AS before,
    CASE WHEN event_type = 'agent.tool_call' THEN tool.name END AS tool_name,
    CASE WHEN event_type <> 'agent.tool_call' THEN
      CASE WHEN resource LIKE '%://%' THEN regexp_extract(resource, '^[^:]+://[^/?#]+')
           WHEN resource LIKE '%/%' THEN regexp_replace(resource, '/[^/]*$', '/')
           ELSE resource END END AS place
  FROM history WHERE event_type IN ('agent.tool_call', 'agent.data_access', 'agent.data_modify') AND agent_name IS NOT NULL
    AND coalesce(outcome, '') <> 'denied'
), known AS (
  SELECT agent_name, count(DISTINCT moment::DATE) FILTER (before) AS days FROM uses GROUP BY agent_name HAVING count(*) FILTER (NOT before) > 0
), things AS (
  SELECT agent_name, 'tool' AS kind, tool_name AS name, user_id, session_id, trace_id, event_id, moment, before FROM uses WHERE tool_name IS NOT NULL
  UNION ALL
  SELECT agent_name, 'resource', place, user_id, session_id, trace_id, event_id, moment, before FROM uses WHERE place <> ''
), fresh AS (
  SELECT agent_name, kind, name, count(*) AS n, min(moment) AS first_at, max(moment) AS last_at,
    list_transform(min(epoch_ns(moment) || event_id, 20), x -> x[20:]) AS event_ids,
    arg_min(user_id, epoch_ns(moment) || event_id) AS user_id, arg_min(session_id, epoch_ns(moment) || event_id) AS session_id,
    arg_min(trace_id, epoch_ns(moment) || event_id) AS trace_id
  FROM things GROUP BY agent_name, kind, name HAVING NOT bool_or(before)
)
SELECT
  true AS decided, agent_name AS agent, user_id, session_id, trace_id, CASE WHEN kind = 'tool' THEN name END AS tool, kind || ' ' || name AS anchor,
  format('first use of {} {}, {} times', kind, name, n) AS seen, format('not once in {} days', days) AS baseline,
  event_ids, n AS events, first_at, last_at
FROM fresh JOIN known USING (agent_name) WHERE days >= $days::BIGINT
UNION ALL
SELECT false, NULL, NULL, NULL, NULL, NULL, NULL, format('{} agents used tools on fewer than {} days before', count(*), $days::BIGINT), NULL, NULL, count(*), NULL, NULL
FROM known WHERE days < $days::BIGINT HAVING count(*) > 0
ORDER BY decided, last_at, agent, anchor
