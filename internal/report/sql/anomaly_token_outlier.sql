-- Anomaly: a model call takes far more tokens than this agent's calls of this model do. What is usual is the median of the history, what is far
-- the median plus $k deviations (1.4826 MAD), both of the logarithms, for such values are skewed; and $ratio times the median at least. Of
-- fewer than $sample calls nothing is said; the row that is not decided counts the agents and models. One finding for each session and model.
WITH calls AS (
  SELECT agent_name, model, session_id, coalesce(session_id, trace_id) AS run, trace_id, event_id, "timestamp" AS moment, ln(tokens.total) AS v
  FROM history WHERE event_type = 'agent.token_usage' AND tokens.total > 0 AND agent_name IS NOT NULL
), usual AS (
  SELECT agent_name, model, count(*) AS n, median(v) AS mid, mad(v) * 1.4826 AS dev FROM calls GROUP BY agent_name, model
), judged AS (
  SELECT c.*, u.n, u.mid, greatest(u.mid + $k::DOUBLE * u.dev, u.mid + ln($ratio::DOUBLE)) AS far
  FROM calls c JOIN usual u ON c.agent_name = u.agent_name AND c.model IS NOT DISTINCT FROM u.model
  SEMI JOIN (SELECT event_id FROM events WHERE event_type = 'agent.token_usage') e USING (event_id)
)
SELECT
  true AS decided, agent_name AS agent, NULL AS user_id, min(session_id) AS session_id,
  CASE WHEN min(trace_id) = max(trace_id) THEN min(trace_id) END AS trace_id, NULL AS tool, model AS anchor,
  format('{:.0f} tokens in one call of {} ({} such calls)', exp(max(v)), coalesce(model, 'a model'), count(*)) AS seen,
  format('median {:.0f}, limit {:.0f}, of {} calls', exp(min(mid)), exp(min(far)), min(n)) AS baseline,
  list_transform(min(epoch_ns(moment) || event_id, 20), x -> x[20:]) AS event_ids, count(*) AS events, min(moment) AS first_at, max(moment) AS last_at
FROM judged WHERE n >= $sample::BIGINT AND v > far GROUP BY agent_name, model, run
UNION ALL
SELECT false, NULL, NULL, NULL, NULL, NULL, NULL, format('{} pairs of agent and model with fewer than {} calls', count(*), $sample::BIGINT), NULL, NULL, count(*), NULL, NULL
FROM usual WHERE n < $sample::BIGINT HAVING count(*) > 0
ORDER BY decided, last_at, agent, session_id, trace_id, anchor
