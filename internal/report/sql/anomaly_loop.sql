-- Anomaly: the same call again and again: one agent, one trace, one tool, one set of arguments, $repeats times or more, and always with the
-- same result. Results that differ are no loop: somebody waits for something. Calls that failed are anomaly_retry_storm's.
WITH calls AS NOT MATERIALIZED (
  SELECT hash(agent_name, coalesce(trace_id, session_id), tool.name, action_hash) AS call, agent_name, session_id, trace_id,
    coalesce(trace_id, session_id) AS run, tool.name AS tool_name, action_hash, event_id, "timestamp" AS moment, result
  FROM events
  WHERE event_type = 'agent.tool_result' AND coalesce(outcome, 'success') = 'success' AND action_hash IS NOT NULL
    AND coalesce(trace_id, session_id) IS NOT NULL
), repeated AS (
  SELECT call FROM calls GROUP BY call HAVING count(*) >= $repeats::BIGINT
), members AS (
  SELECT * REPLACE (hash(result::VARCHAR) AS result) FROM calls SEMI JOIN repeated USING (call)
)
SELECT
  true AS decided, agent_name AS agent, NULL AS user_id, min(session_id) AS session_id, min(trace_id) AS trace_id, tool_name AS tool, action_hash AS anchor,
  format('the same call {} times in {:.1f} s, with the same result', count(*), (epoch_ns(max(moment)) - epoch_ns(min(moment))) / 1e9) AS seen,
  format('fewer than {} times in a trace', $repeats::BIGINT) AS baseline,
  list_transform(min(epoch_ns(moment) || event_id, 20), x -> x[20:]) AS event_ids, count(*) AS events, min(moment) AS first_at, max(moment) AS last_at
FROM members GROUP BY agent_name, run, tool_name, action_hash HAVING count(*) >= $repeats::BIGINT AND count(DISTINCT result) <= 1
ORDER BY last_at, agent, run, tool, anchor
