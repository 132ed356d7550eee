-- The traces of the task $1, at most a thousand.
SELECT DISTINCT trace_id FROM events WHERE task_id = $1 AND trace_id IS NOT NULL ORDER BY trace_id LIMIT 1000
