-- Data by user on whose behalf: how often it was read and changed, how often that failed or was denied, how many resources, by how many agents.
SELECT
  coalesce(user_id, '(no user)') AS user,
  count(*) FILTER (event_type = 'agent.data_access') AS reads,
  count(*) FILTER (event_type = 'agent.data_modify') AS changes,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS failed,
  count(*) FILTER (outcome = 'denied') AS denied,
  count(DISTINCT resource) AS resources, count(DISTINCT agent_name) AS agents,
  min("timestamp") AS first_at, max("timestamp") AS last_at
FROM events WHERE event_type IN ('agent.data_access', 'agent.data_modify')
GROUP BY user_id ORDER BY reads + changes DESC, user
