-- Data by agent: how often it read and changed data, how often that failed or was denied, how many resources, for how many users.
SELECT
  coalesce(agent_name, '(no agent)') AS agent,
  count(*) FILTER (event_type = 'agent.data_access') AS reads,
  count(*) FILTER (event_type = 'agent.data_modify') AS changes,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS failed,
  count(*) FILTER (outcome = 'denied') AS denied,
  count(DISTINCT resource) AS resources, count(DISTINCT user_id) AS users,
  min("timestamp") AS first_at, max("timestamp") AS last_at
FROM events WHERE event_type IN ('agent.data_access', 'agent.data_modify')
GROUP BY agent_name ORDER BY reads + changes DESC, agent
