-- Anomaly: calls of a tool take far longer than this agent's calls of it do. What is usual is the median of the history, what is far the median
-- plus $k deviations (1.4826 MAD), both of the logarithms; and $ratio times the median, and $floor_ms at least. Of fewer than $sample calls
-- nothing is said; the row that is not decided counts the agents and tools. One finding for each agent, tool and day.
WITH calls AS (
  SELECT agent_name, tool.name AS tool_name, session_id, trace_id, event_id, "timestamp" AS moment, ln(duration_ms) AS v
  FROM history WHERE event_type = 'agent.tool_result' AND duration_ms > 0 AND agent_name IS NOT NULL AND tool.name IS NOT NULL
), usual AS (
  SELECT agent_name, tool_name, count(*) AS n, median(v) AS mid, mad(v) * 1.4826 AS dev FROM calls GROUP BY agent_name, tool_name
), judged AS (
  SELECT c.*, n, mid, greatest(mid + $k::DOUBLE * dev, mid + ln($ratio::DOUBLE), ln($floor_ms::DOUBLE)) AS far
  FROM calls c JOIN usual USING (agent_name, tool_name)
), found AS (
  SELECT * FROM judged SEMI JOIN (SELECT event_id FROM events WHERE event_type = 'agent.tool_result') e USING (event_id)
  WHERE n >= $sample::BIGINT AND v > far
)
SELECT
  true AS decided, agent_name AS agent, NULL AS user_id, CASE WHEN min(session_id) = max(session_id) THEN min(session_id) END AS session_id,
  CASE WHEN min(trace_id) = max(trace_id) THEN min(trace_id) END AS trace_id, tool_name AS tool, strftime(moment, '%Y-%m-%d') AS anchor,
  format('{:.1f} s for a call ({} such calls)', exp(max(v)) / 1000, count(*)) AS seen,
  format('median {:.3f} s, limit {:.3f} s, of {} calls', exp(min(mid)) / 1000, exp(min(far)) / 1000, min(n)) AS baseline,
  list_transform(min(epoch_ns(moment) || event_id, 20), x -> x[20:]) AS event_ids, count(*) AS events, min(moment) AS first_at, max(moment) AS last_at
FROM found GROUP BY agent_name, tool_name, strftime(moment, '%Y-%m-%d')
UNION ALL
SELECT false, NULL, NULL, NULL, NULL, NULL, NULL, format('{} pairs of agent and tool with fewer than {} calls', count(*), $sample::BIGINT), NULL, NULL, count(*), NULL, NULL
FROM usual WHERE n < $sample::BIGINT HAVING count(*) > 0
ORDER BY decided, last_at, agent, tool, anchor
