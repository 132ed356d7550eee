-- Anomaly: an agent fails often: more than $share of at least $minimum tool and model calls in an hour, or in a day of which no hour
-- is told. A call that is told twice, by a span and a log record, counts once.
WITH calls AS (
  SELECT agent_name, date_trunc('day', "timestamp") AS day, date_trunc('hour', "timestamp") AS hour,
    outcome IN ('error', 'timeout') AS failed, event_id, "timestamp" AS moment
  FROM events
  WHERE event_type IN ('agent.tool_result', 'agent.llm_response') AND outcome IN ('success', 'error', 'timeout')
  WINDOW w AS (PARTITION BY coalesce(session_id, trace_id), tool.call_id ORDER BY "timestamp", event_id)
  QUALIFY tool.call_id IS NULL OR coalesce(lag(origin.signal) OVER w = origin.signal, true)
), windows AS (
  SELECT agent_name, day, hour, count(*) AS n, count(*) FILTER (failed) AS failures,
    list_transform(min(epoch_ns(moment) || event_id, 20) FILTER (failed), x -> x[20:]) AS event_ids,
    min(moment) FILTER (failed) AS first_at, max(moment) FILTER (failed) AS last_at
  FROM calls GROUP BY GROUPING SETS ((agent_name, day), (agent_name, day, hour))
), found AS (
  SELECT * FROM windows WHERE n >= $minimum::BIGINT AND failures > $share::DOUBLE * n
  QUALIFY hour IS NOT NULL OR count(hour) OVER (PARTITION BY agent_name, day) = 0
)
SELECT
  true AS decided, agent_name AS agent, NULL AS user_id, NULL AS session_id, NULL AS trace_id, NULL AS tool,
  CASE WHEN hour IS NULL THEN strftime(day, '%Y-%m-%d') ELSE strftime(hour, '%Y-%m-%dT%H') END AS anchor,
  format('{} of {} calls failed ({:.0f} %) in the {} from {}', failures, n, 100.0 * failures / n, CASE WHEN hour IS NULL THEN 'day' ELSE 'hour' END,
    strftime(coalesce(hour, day), '%Y-%m-%dT%H:%MZ')) AS seen,
  format('at most {:.0f} % of {} or more', 100 * $share::DOUBLE, $minimum::BIGINT) AS baseline,
  event_ids, failures AS events, first_at, last_at
FROM found ORDER BY last_at, agent, anchor
