-- What an id is of ($1): a session, or a trace by its id, the first digits of it, or a task in it. At most three.
SELECT kind, id FROM (
  SELECT DISTINCT 0 AS rank, 'session' AS kind, session_id AS id FROM events WHERE session_id = $1
  UNION ALL SELECT DISTINCT 1, 'trace', trace_id FROM events WHERE task_id = $1 AND trace_id IS NOT NULL
  UNION ALL SELECT DISTINCT 1, 'trace', trace_id FROM events WHERE length($1) >= 8 AND starts_with(trace_id, lower($1))
) QUALIFY rank = min(rank) OVER () ORDER BY ALL LIMIT 3
