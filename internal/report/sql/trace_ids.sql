-- The traces whose id begins with $1: at most three, for an id that is cut short must mean one.
SELECT DISTINCT trace_id FROM events WHERE starts_with(trace_id, $1) ORDER BY trace_id LIMIT 3
