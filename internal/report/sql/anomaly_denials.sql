-- Anomaly: an agent was denied more than $more_than calls in one session. A call is counted once, whoever tells of its denial.
WITH denials AS (
  SELECT agent_name, session_id, trace_id, coalesce(session_id, trace_id) AS run, tool.name AS tool_name,
    coalesce(tool.call_id, span_id, event_id::VARCHAR) AS call, event_id, "timestamp" AS moment
  FROM events WHERE event_type = 'agent.permission_denied'
)
SELECT
  true AS decided, agent_name AS agent, NULL AS user_id, min(session_id) AS session_id,
  CASE WHEN min(trace_id) = max(trace_id) THEN min(trace_id) END AS trace_id,
  CASE WHEN min(tool_name) = max(tool_name) THEN min(tool_name) END AS tool,
  CASE WHEN run IS NULL THEN strftime(min(moment), '%Y-%m-%d') END AS anchor,
  format('{} calls of {} tools denied', count(DISTINCT call), count(DISTINCT tool_name)) AS seen,
  format('at most {} in a session', $more_than::BIGINT) AS baseline,
  list_transform(min(epoch_ns(moment) || event_id, 20), x -> x[20:]) AS event_ids, count(*) AS events, min(moment) AS first_at, max(moment) AS last_at
FROM denials GROUP BY agent_name, run HAVING count(DISTINCT call) > $more_than::BIGINT
ORDER BY last_at, agent, session_id, trace_id
