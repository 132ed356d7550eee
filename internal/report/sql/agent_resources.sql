-- One agent ($1, name or id): the data that it read and changed.
SELECT
  coalesce(resource, '(not named)') AS resource,
  count(*) FILTER (event_type = 'agent.data_access') AS reads,
  count(*) FILTER (event_type = 'agent.data_modify') AS changes,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS failed,
  count(DISTINCT user_id) AS users
FROM events WHERE event_type IN ('agent.data_access', 'agent.data_modify') AND (agent_name = $1 OR agent_id = $1)
GROUP BY resource ORDER BY reads + changes DESC, resource
