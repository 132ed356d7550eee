-- Failures by class: how many, of how many agents, tools and sessions, the first and the last, some of their events.
-- A failure is an event agent.error, which the innermost failing step alone makes.
SELECT
  coalesce(error_type, '(no class)') AS error_type,
  count(*) AS errors,
  count(DISTINCT agent_name) AS agents, count(DISTINCT tool.name) AS tools, count(DISTINCT session_id) AS sessions,
  min("timestamp") AS first_at, max("timestamp") AS last_at,
  list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 5), x -> x.id) AS event_ids
FROM events WHERE event_type = 'agent.error'
GROUP BY error_type ORDER BY errors DESC, error_type
