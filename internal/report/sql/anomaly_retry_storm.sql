-- Anomaly: the same call fails again and again: one agent, one trace, one tool, one set of arguments, $failures failures or more.
WITH failures AS (
  SELECT agent_name, session_id, trace_id, coalesce(trace_id, session_id) AS run, tool.name AS tool_name,
    coalesce(action_hash, tool.name) AS what, coalesce(error_type, error, 'error') AS error, event_id, "timestamp" AS moment
  FROM events WHERE event_type = 'agent.tool_result' AND outcome IN ('error', 'timeout')
)
SELECT
  true AS decided, agent_name AS agent, NULL AS user_id, min(session_id) AS session_id, min(trace_id) AS trace_id, tool_name AS tool, what AS anchor,
  format('the same call failed {} times in {:.1f} s: {}', count(*), (epoch_ns(max(moment)) - epoch_ns(min(moment))) / 1e9, left(min(error), 60)) AS seen,
  format('fewer than {} times in a trace', $failures::BIGINT) AS baseline,
  list_transform(min(epoch_ns(moment) || event_id, 20), x -> x[20:]) AS event_ids, count(*) AS events, min(moment) AS first_at, max(moment) AS last_at
FROM failures WHERE run IS NOT NULL
GROUP BY agent_name, run, tool_name, what HAVING count(*) >= $failures::BIGINT
ORDER BY last_at, agent, run, tool, anchor
