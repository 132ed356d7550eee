-- How often people came in: sessions (or traces that belong to none) in which a permission was asked for or a person decided, of all.
WITH sessions AS (
  SELECT coalesce(session_id, trace_id) AS session,
    bool_or(event_type = 'agent.human_intervention' OR event_type = 'agent.permission_check' AND approval.status = 'pending') AS escalated
  FROM events WHERE session_id IS NOT NULL OR trace_id IS NOT NULL
  GROUP BY coalesce(session_id, trace_id)
)
SELECT count(*) AS sessions, count(*) FILTER (escalated) AS escalated, count(*) FILTER (escalated) / nullif(count(*), 0) AS escalation_rate,
  (SELECT list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 20), x -> x.id) FROM events
    WHERE event_type = 'agent.human_intervention' OR event_type = 'agent.permission_check' AND approval.status = 'pending') AS event_ids
FROM sessions
