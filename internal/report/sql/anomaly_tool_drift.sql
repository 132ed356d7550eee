-- Anomaly: an agent's mix of tools is not what it was: the Jensen-Shannon divergence (0 alike, 1 nothing in common) of its tool calls to those before
-- $since is over $divergence. Both need at least $calls calls; the row that is not decided counts agents with fewer.
WITH counts AS (
  SELECT agent_name, tool.name AS tool_name, count(*) FILTER ("timestamp" < $since::TIMESTAMP_NS) AS b, count(*) FILTER ("timestamp" >= $since::TIMESTAMP_NS) AS a
  FROM history WHERE event_type = 'agent.tool_call' AND agent_name IS NOT NULL AND tool.name IS NOT NULL GROUP BY agent_name, tool_name
), totals AS (
  SELECT agent_name, sum(a) AS na, sum(b) AS nb FROM counts GROUP BY agent_name HAVING sum(a) > 0
), shares AS (
  SELECT agent_name, tool_name, na, nb, a / na AS p, b / nb AS q, (a / na + b / nb) / 2 AS m
  FROM counts JOIN totals USING (agent_name) WHERE na >= $calls::BIGINT AND nb >= $calls::BIGINT
), mixes AS (
  SELECT agent_name, any_value(na) AS na, any_value(nb) AS nb,
    sum(CASE WHEN p > 0 THEN p * log2(p / m) ELSE 0 END + CASE WHEN q > 0 THEN q * log2(q / m) ELSE 0 END) / 2 AS divergence,
    arg_max(tool_name, (p - q, tool_name)) AS gained, max(p - q) AS gain, arg_min(tool_name, (p - q, tool_name)) AS lost, min(p - q) AS loss
  FROM shares GROUP BY agent_name
), told AS (
  SELECT e.agent_name, list_transform(min(epoch_ns(e."timestamp") || e.event_id, 20), x -> x[20:]) AS event_ids, count(*) AS n,
    min(e."timestamp") AS first_at, max(e."timestamp") AS last_at
  FROM events e JOIN mixes m ON e.agent_name = m.agent_name AND e.tool.name = m.gained
  WHERE e.event_type = 'agent.tool_call' AND m.divergence > $divergence::DOUBLE GROUP BY e.agent_name
)
SELECT
  true AS decided, agent_name AS agent, NULL AS user_id, NULL AS session_id, NULL AS trace_id, gained AS tool, strftime($since::TIMESTAMP, '%Y-%m-%d') AS anchor,
  format('divergence {:.2f}: {} {:+.0f} points, {} {:+.0f} points, of {} calls', divergence, gained, 100 * gain, lost, 100 * loss, na::BIGINT) AS seen,
  format('at most {:.2f} to {} calls before', $divergence::DOUBLE, nb::BIGINT) AS baseline,
  event_ids, n AS events, first_at, last_at
FROM mixes JOIN told USING (agent_name)
UNION ALL
SELECT false, NULL, NULL, NULL, NULL, NULL, NULL, format('{} agents with fewer than {} tool calls in the period or before it', count(*), $calls::BIGINT), NULL, NULL, count(*), NULL, NULL
FROM totals WHERE na < $calls::BIGINT OR nb < $calls::BIGINT HAVING count(*) > 0
ORDER BY decided, last_at, agent
