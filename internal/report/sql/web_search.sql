-- The newest events that hold a text ($1; all events if it is empty) in what was done, to what, with what, or in the error or answer; in
-- any case of letters.
SELECT "timestamp" AS event_at, agent_name AS agent, replace(event_type, 'agent.', '') AS type, action, outcome, retention.tier AS tier,
  session_id AS session, trace_id AS trace, duration_ms, left(coalesce(error, decision, rationale, resource, ''), 120) AS details,
  event_id::VARCHAR AS event
FROM events
WHERE $1::VARCHAR = '' OR contains(lower(concat_ws(chr(10), action, error, error_type, resource, decision, rationale, reasoning,
  params::VARCHAR, "result"::VARCHAR)), lower($1::VARCHAR))
ORDER BY "timestamp" DESC, writer, seq DESC LIMIT 501
