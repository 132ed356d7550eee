-- Anomaly: a session costs far more than this agent's sessions do. What is usual is the median of the history, what is far the median plus $k
-- deviations (1.4826 MAD), both of the logarithms; and $ratio times the median at least. Of fewer than $sample sessions nothing is said;
-- the row that is not decided counts the agents. A session is the agent's that spent there; what is spent outside a session, the trace's.
WITH sessions AS (
  SELECT agent_name, coalesce(session_id, trace_id) AS run, min(session_id) AS session_id, sum(cost_usd) AS cost,
    min("timestamp") AS first_at, max("timestamp") AS last_at
  FROM history WHERE event_type = 'agent.token_usage' AND cost_usd > 0 AND agent_name IS NOT NULL AND coalesce(session_id, trace_id) IS NOT NULL
  GROUP BY agent_name, run
), usual AS (
  SELECT agent_name, count(*) AS n, median(ln(cost)) AS mid, mad(ln(cost)) * 1.4826 AS dev FROM sessions GROUP BY agent_name
), judged AS (
  SELECT s.*, n, mid, greatest(mid + $k::DOUBLE * dev, mid + ln($ratio::DOUBLE)) AS far FROM sessions s JOIN usual USING (agent_name)
), found AS (
  SELECT * FROM judged WHERE n >= $sample::BIGINT AND ln(cost) > far
), told AS (
  SELECT f.agent_name, f.run, count(*) AS events, min(e.trace_id) AS low, max(e.trace_id) AS high,
    list_transform(max(printf('%018.9f', e.cost_usd) || e.event_id, 20), x -> x[19:]) AS event_ids
  FROM events e JOIN found f ON e.agent_name = f.agent_name AND coalesce(e.session_id, e.trace_id) = f.run
  WHERE e.event_type = 'agent.token_usage' AND e.cost_usd > 0 GROUP BY f.agent_name, f.run
)
SELECT
  true AS decided, agent_name AS agent, NULL AS user_id, session_id, CASE WHEN low = high THEN low END AS trace_id, NULL AS tool, NULL AS anchor,
  format('${:.4f} in a session', cost) AS seen, format('median ${:.4f}, limit ${:.4f}, of {} sessions', exp(mid), exp(far), n) AS baseline,
  event_ids, events, first_at, last_at
FROM found JOIN told USING (agent_name, run)
UNION ALL
SELECT false, NULL, NULL, NULL, NULL, NULL, NULL, format('{} agents with fewer than {} sessions that cost', count(*), $sample::BIGINT), NULL, NULL, count(*), NULL, NULL
FROM usual WHERE n < $sample::BIGINT HAVING count(*) > 0
ORDER BY decided, last_at, agent, session_id, trace_id
