-- Anomaly: a tool whose calls need an approval ($tools, a pattern) ran without one by any of $actors. A standing approval holds for later calls of
-- the tool in the same session; any approval holds for the same call again, in the same session, until it has succeeded.
-- A call that is told twice, by a span and a log record, counts once, and an approval that one of them knows is both's.
WITH told AS (
  SELECT agent_name, user_id, session_id, trace_id, coalesce(session_id, trace_id) AS run, tool.name AS tool_name, action_hash, event_id,
    "timestamp" AS moment, approval,
    coalesce(approval.status = 'approved' AND regexp_full_match(coalesce(approval.actor_class, 'unknown'), $actors), false) AS approved,
    tool.call_id IS NOT NULL AND coalesce(lag(origin.signal) OVER w <> origin.signal, false) AS again,
    CASE WHEN tool.call_id IS NOT NULL AND lead(origin.signal) OVER w <> origin.signal THEN lead(approval) OVER w END AS twin
  FROM events
  WHERE event_type = 'agent.tool_result' AND coalesce(outcome, '') NOT IN ('denied', 'pending') AND regexp_full_match(tool.name, $tools)
  WINDOW w AS (PARTITION BY coalesce(session_id, trace_id), tool.name, tool.call_id ORDER BY "timestamp", event_id)
), ran AS (
  SELECT * FROM told WHERE NOT approved AND NOT again
    AND NOT coalesce(twin.status = 'approved' AND regexp_full_match(coalesce(twin.actor_class, 'unknown'), $actors), false)
), given AS (
  SELECT session_id, coalesce(session_id, trace_id) AS run, tool.name AS tool_name, approval.action_hash AS action_hash, coalesce(approval.standing, false) AS standing, "timestamp" AS moment
  FROM history
  WHERE approval.status = 'approved' AND regexp_full_match(coalesce(approval.actor_class, 'unknown'), $actors)
    AND event_type IN ('agent.human_intervention', 'agent.decision', 'agent.permission_check')
), covered AS (
  SELECT r.event_id FROM ran r JOIN given g ON r.session_id = g.session_id AND r.tool_name = g.tool_name WHERE g.standing AND g.moment <= r.moment
  UNION
  SELECT r.event_id FROM ran r JOIN given g ON r.run = g.run AND r.action_hash = g.action_hash
  ANTI JOIN (
    SELECT coalesce(session_id, trace_id) AS run, action_hash, "timestamp" AS moment FROM history SEMI JOIN ran USING (action_hash)
    WHERE event_type = 'agent.tool_result' AND coalesce(outcome, 'success') = 'success'
  ) s ON s.run = r.run AND s.action_hash = r.action_hash AND s.moment < r.moment AND s.moment >= g.moment
  WHERE g.moment <= r.moment AND coalesce(r.approval.status, 'pending') IN ('pending', 'approved')
)
SELECT
  true AS decided, r.agent_name AS agent, r.user_id, r.session_id, r.trace_id, r.tool_name AS tool, r.event_id::VARCHAR AS anchor,
  CASE WHEN r.approval.status IS NULL THEN 'ran, and nobody was asked'
    WHEN r.approval.status = 'approved' THEN format('ran, approved by {} alone', coalesce(r.approval.actor_class, 'unknown'))
    ELSE format('ran, though its approval was {}', r.approval.status) END AS seen,
  'the policy asks for an approval' AS baseline, [r.event_id::VARCHAR] AS event_ids, 1 AS events, r.moment AS first_at, r.moment AS last_at
FROM ran r ANTI JOIN covered USING (event_id)
ORDER BY last_at, agent, anchor
