-- What events of data access don't name: per field, how many of all lack it.
WITH lacking AS (
  SELECT event_id, "timestamp", unnest([
    {'field': 'agent_name', 'lacks': agent_name IS NULL}, {'field': 'user_id', 'lacks': user_id IS NULL},
    {'field': 'session_id', 'lacks': session_id IS NULL}, {'field': 'resource', 'lacks': resource IS NULL},
    {'field': 'operation', 'lacks': operation IS NULL}], recursive := true)
  FROM events WHERE event_type IN ('agent.data_access', 'agent.data_modify')
)
SELECT field, count(*) AS events, count(*) FILTER (lacks) AS lacking,
  list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 20) FILTER (lacks), x -> x.id) AS event_ids
FROM lacking GROUP BY field ORDER BY field
