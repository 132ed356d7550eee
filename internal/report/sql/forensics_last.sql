-- Where something failed last: the session, or for events without one the trace.
SELECT CASE WHEN session_id IS NULL THEN 'trace' ELSE 'session' END AS kind, coalesce(session_id, trace_id) AS id
FROM events WHERE outcome IN ('error', 'timeout') AND coalesce(session_id, trace_id) IS NOT NULL
ORDER BY "timestamp" DESC, writer, seq DESC LIMIT 1
