-- Anomaly: the same call again and again: one agent, one trace, one tool, one set of arguments, $repeats times or more, and always with the
-- same result. Results that differ are no loop: somebody waits for something. Calls that failed are anomaly_retry_storm's.
WITH calls AS (
  SELECT agent_name, coalesce(trace_id, session_id) AS run, tool.name AS tool_name, coalesce(action_hash, sha256(params::VARCHAR)) AS what, event_id
  FROM events WHERE event_type = 'agent.tool_result' AND coalesce(outcome, 'success') = 'success'
), repeated AS (
  SELECT agent_name, run, tool_name, what FROM calls
  WHERE run IS NOT NULL AND what IS NOT NULL
  GROUP BY agent_name, run, tool_name, what HAVING count(*) >= $repeats::BIGINT
), members AS (
  SELECT c.agent_name, c.run, c.tool_name, c.what, e.event_id, e.session_id, e.trace_id, e."timestamp" AS moment, hash(e.result::VARCHAR) AS result
  FROM calls c SEMI JOIN repeated r
    ON c.agent_name IS NOT DISTINCT FROM r.agent_name AND c.run = r.run AND c.tool_name IS NOT DISTINCT FROM r.tool_name AND c.what = r.what
  JOIN events e USING (event_id)
)
SELECT
  true AS decided, agent_name AS agent, NULL AS user_id, min(session_id) AS session_id, min(trace_id) AS trace_id, tool_name AS tool, what AS anchor,
  format('the same call {} times in {:.1f} s, with the same result', count(*), (epoch_ns(max(moment)) - epoch_ns(min(moment))) / 1e9) AS seen,
  format('fewer than {} times in a trace', $repeats::BIGINT) AS baseline,
  list_transform(min(epoch_ns(moment) || event_id, 20), x -> x[20:]) AS event_ids, count(*) AS events, min(moment) AS first_at, max(moment) AS last_at
FROM members GROUP BY agent_name, run, tool_name, what HAVING count(DISTINCT result) <= 1
ORDER BY last_at, agent, run, tool, anchor
