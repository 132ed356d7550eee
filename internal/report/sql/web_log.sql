-- The newest events, one a row.
SELECT "timestamp" AS event_at, agent_name AS agent, replace(event_type, 'agent.', '') AS type, action, outcome, retention.tier AS tier,
  session_id AS session, duration_ms, left(coalesce(error, decision, rationale, resource, ''), 120) AS details, event_id::VARCHAR AS event
FROM events ORDER BY "timestamp" DESC, writer, seq DESC LIMIT 500
