-- Data by resource: how often it was read and changed, how often that failed or was denied, by how many agents and for how many users.
SELECT
  coalesce(resource, '(not named)') AS resource,
  count(*) FILTER (event_type = 'agent.data_access') AS reads,
  count(*) FILTER (event_type = 'agent.data_modify') AS changes,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS failed,
  count(*) FILTER (outcome = 'denied') AS denied,
  count(DISTINCT agent_name) AS agents, count(DISTINCT user_id) AS users,
  min("timestamp") AS first_at, max("timestamp") AS last_at
FROM events WHERE event_type IN ('agent.data_access', 'agent.data_modify')
GROUP BY resource ORDER BY reads + changes DESC, resource
