-- The newest events with what a reader needs first.
SELECT "timestamp" AS event_at, agent_name AS agent, replace(event_type, 'agent.', '') AS type, action, outcome, user_id AS "user", session_id AS session,
  tool.name AS tool, resource, duration_ms, coalesce(error, decision, rationale) AS details, trace_id, event_id::VARCHAR AS event_id
FROM events ORDER BY "timestamp" DESC, writer, seq DESC LIMIT 2000
