-- Anomaly: a tool whose calls need an approval ($tools, a pattern) ran without one by any of $actors. A standing approval holds for later calls of
-- the tool in the same session.
WITH ran AS (
  SELECT agent_name, user_id, session_id, trace_id, tool.name AS tool_name, event_id, "timestamp" AS moment, approval
  FROM events
  WHERE event_type = 'agent.tool_result' AND coalesce(outcome, '') NOT IN ('denied', 'pending') AND regexp_full_match(tool.name, $tools)
    AND NOT coalesce(approval.status = 'approved' AND regexp_full_match(coalesce(approval.actor_class, 'unknown'), $actors), false)
), standing AS (
  SELECT session_id, tool.name AS tool_name, min("timestamp") AS since FROM history
  WHERE approval.standing AND approval.status = 'approved' AND regexp_full_match(coalesce(approval.actor_class, 'unknown'), $actors)
    AND session_id IS NOT NULL AND tool.name IS NOT NULL
  GROUP BY ALL
)
SELECT
  true AS decided, r.agent_name AS agent, r.user_id, r.session_id, r.trace_id, r.tool_name AS tool, r.event_id AS anchor,
  CASE WHEN r.approval.status IS NULL THEN 'ran, and nobody was asked'
    WHEN r.approval.status = 'approved' THEN format('ran, approved by {} alone', coalesce(r.approval.actor_class, 'unknown'))
    ELSE format('ran, though its approval was {}', r.approval.status) END AS seen,
  'the policy asks for an approval' AS baseline, [r.event_id::VARCHAR] AS event_ids, 1 AS events, r.moment AS first_at, r.moment AS last_at
FROM ran r LEFT JOIN standing s ON r.session_id = s.session_id AND r.tool_name = s.tool_name AND s.since <= r.moment
WHERE s.since IS NULL
ORDER BY last_at, agent, anchor
