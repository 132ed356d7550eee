-- The session $1, else the sessions whose id begins with it: at most three, for an id that is cut short must mean one.
SELECT DISTINCT session_id FROM events WHERE starts_with(session_id, $1)
ORDER BY session_id = $1 DESC, session_id LIMIT 3
