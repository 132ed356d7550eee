-- Failures by what they said: numbers are taken as one (#), so that messages which differ by an id or a port stand together.
SELECT
  coalesce(error_type, '(no class)') AS error_type,
  coalesce(regexp_replace(left(error, 200), '[0-9]+', '#', 'g'), '(no message)') AS message,
  count(*) AS errors,
  list_sort(list(DISTINCT agent_name) FILTER (agent_name IS NOT NULL)) AS agents,
  list_sort(list(DISTINCT tool.name) FILTER (tool.name IS NOT NULL)) AS tools,
  list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 5), x -> x.id) AS event_ids
FROM events WHERE event_type = 'agent.error'
GROUP BY ALL ORDER BY errors DESC, error_type, message
