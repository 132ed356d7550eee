-- Anomaly: one thing was approved and another one ran: a call whose action hash none of the agent's approvals of its call id, in its trace or session,
-- has. A call that is told twice, by a span and a log record, may have two hashes; one that was approved is enough.
WITH approvals AS (
  SELECT agent_name, tool.call_id AS call_id, session_id, trace_id, approval.action_hash AS approved, event_id, "timestamp" AS moment, approval.approver_id AS approver
  FROM history
  WHERE event_type IN ('agent.human_intervention', 'agent.permission_check', 'agent.decision') AND tool.call_id IS NOT NULL AND approval.action_hash IS NOT NULL
    AND approval.status = 'approved'
), ran AS (
  SELECT agent_name, user_id, session_id, trace_id, tool.name AS tool_name, tool.call_id AS call_id, action_hash, event_id, "timestamp" AS moment,
    CASE WHEN lag(origin.signal) OVER w <> origin.signal THEN lag(action_hash) OVER w
      WHEN lead(origin.signal) OVER w <> origin.signal THEN lead(action_hash) OVER w END AS twin
  FROM events
  WHERE event_type = 'agent.tool_result' AND coalesce(outcome, '') NOT IN ('denied', 'pending') AND action_hash IS NOT NULL AND tool.call_id IS NOT NULL
  WINDOW w AS (PARTITION BY coalesce(session_id, trace_id), tool.call_id ORDER BY "timestamp", event_id)
)
SELECT
  true AS decided, r.agent_name AS agent, any_value(r.user_id) AS user_id, any_value(r.session_id) AS session_id, any_value(r.trace_id) AS trace_id,
  r.tool_name AS tool, r.event_id::VARCHAR AS anchor,
  format('ran {}', r.action_hash[:24]) AS seen, format('approved {}{}', min(a.approved)[:24], coalesce(' by ' || min(a.approver), '')) AS baseline,
  [r.event_id::VARCHAR] || list_transform(min(epoch_ns(a.moment) || a.event_id, 19), x -> x[20:]) AS event_ids, 1 + count(*) AS events,
  min(a.moment) AS first_at, r.moment AS last_at
FROM ran r JOIN approvals a ON r.call_id = a.call_id AND (r.trace_id = a.trace_id OR r.session_id = a.session_id) AND a.moment <= r.moment
  AND coalesce(a.agent_name = r.agent_name, true)
GROUP BY r.agent_name, r.tool_name, r.event_id, r.action_hash, r.moment
HAVING NOT bool_or(a.approved = r.action_hash OR coalesce(a.approved = r.twin, false))
ORDER BY last_at, agent, anchor
