-- Anomaly: sensitive data was read, and within $minutes the same session sent something out. Sensitive is what $sensitive (a pattern) matches of a
-- resource or tool that is read, outgoing what $outgoing matches of a tool or resource. What a person approved is not told.
WITH steps AS (
  SELECT agent_name, user_id, session_id, trace_id, coalesce(session_id, trace_id) AS run, tool.name AS tool_name, resource, event_id, "timestamp" AS moment,
    event_type = 'agent.data_access' AND coalesce(outcome, 'success') = 'success' AND
      (regexp_full_match(coalesce(resource, ''), $sensitive) OR regexp_full_match(coalesce(tool.name, ''), $sensitive)) AS read,
    event_type = 'agent.tool_call' AND coalesce(outcome, '') <> 'denied' AND
      (regexp_full_match(coalesce(tool.name, ''), $outgoing) OR regexp_full_match(coalesce(resource, ''), $outgoing)) AND
      NOT coalesce(approval.status = 'approved' AND approval.actor_class = 'human', false) AS sent
  FROM events WHERE event_type IN ('agent.data_access', 'agent.tool_call')
), paths AS (
  SELECT *, max(moment) FILTER (read) OVER w AS read_at, arg_max(event_id, moment) FILTER (read) OVER w AS read_id,
    arg_max(coalesce(resource, tool_name), moment) FILTER (read) OVER w AS what
  FROM steps WHERE run IS NOT NULL AND (read OR sent)
  WINDOW w AS (PARTITION BY run ORDER BY moment, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
  true AS decided, agent_name AS agent, min(user_id) AS user_id, min(session_id) AS session_id,
  CASE WHEN min(trace_id) = max(trace_id) THEN min(trace_id) END AS trace_id,
  tool_name AS tool, NULL AS anchor,
  format('{} read, then {} called {} times', min(what), tool_name, count(*)) AS seen,
  'nothing goes out after such a read without a person''s approval' AS baseline,
  list_distinct(list_transform(min(epoch_ns(read_at) || read_id, 10), x -> x[20:])) || list_transform(min(epoch_ns(moment) || event_id, 10), x -> x[20:]) AS event_ids,
  count(*) + count(DISTINCT read_id) AS events, min(read_at) AS first_at, max(moment) AS last_at
FROM paths WHERE sent AND epoch_ns(moment) - epoch_ns(read_at) <= $minutes::DOUBLE * 60e9
GROUP BY run, agent_name, tool_name ORDER BY last_at, agent, session_id, trace_id, tool
