-- How often people came in: sessions (or traces that belong to none) in which a permission was asked for or a person decided, of all.
WITH asked AS (
  SELECT session_id, trace_id, event_id, "timestamp" FROM events
  WHERE event_type = 'agent.human_intervention' OR event_type = 'agent.permission_check' AND approval.status = 'pending'
), counted AS (
  SELECT
    (SELECT count(DISTINCT session_id) FROM events) + (SELECT count(DISTINCT trace_id) FROM events WHERE session_id IS NULL) AS sessions,
    (SELECT count(DISTINCT coalesce(session_id, trace_id)) FROM asked) AS escalated,
    (SELECT list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 20), x -> x.id) FROM asked) AS event_ids
)
SELECT sessions, escalated, escalated / nullif(sessions, 0) AS escalation_rate, event_ids FROM counted
