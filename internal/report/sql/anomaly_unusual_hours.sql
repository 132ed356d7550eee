-- Anomaly: activity in an hour of the day (UTC) in which, and beside which, this user was active on at most $share of the days before $since. A user
-- with fewer than $days active days is judged by the agent's hours; the row that is not decided counts agents where that has fewer, too.
WITH hours AS (
  SELECT agent_name, user_id, date_trunc('hour', "timestamp") AS hour, "timestamp" < $since::TIMESTAMP_NS AS before, count(*) AS n
  FROM history WHERE event_type IN ('agent.invocation', 'agent.tool_call', 'agent.llm_response') AND coalesce(user_id, agent_name) IS NOT NULL
  GROUP BY ALL
), past AS ( -- an hour makes its neighbours usual, too
  SELECT DISTINCT who, name, day, (h + near + 24) % 24 AS h FROM (
    SELECT 'user' AS who, user_id AS name, hour::DATE AS day, hour(hour) AS h FROM hours WHERE before AND user_id IS NOT NULL
    UNION
    SELECT 'agent', agent_name, hour::DATE, hour(hour) FROM hours WHERE before AND agent_name IS NOT NULL
  ), (VALUES (-1), (0), (1)) AS beside(near)
), days AS (
  SELECT who, name, count(DISTINCT day) AS days FROM past GROUP BY who, name
), usual AS (
  SELECT who, name, h FROM past JOIN days USING (who, name) GROUP BY who, name, h, days HAVING count(*) > $share::DOUBLE * days
), judged AS (
  SELECT p.agent_name, p.user_id, p.hour, hour(p.hour) AS h, p.n,
    CASE WHEN u.days >= $days::BIGINT THEN 'user' WHEN a.days >= $days::BIGINT THEN 'agent' END AS who,
    CASE WHEN u.days >= $days::BIGINT THEN p.user_id ELSE p.agent_name END AS name, CASE WHEN u.days >= $days::BIGINT THEN u.days ELSE a.days END AS days
  FROM hours p LEFT JOIN days u ON u.who = 'user' AND u.name = p.user_id LEFT JOIN days a ON a.who = 'agent' AND a.name = p.agent_name
  WHERE NOT p.before
), found AS (
  SELECT * FROM judged ANTI JOIN usual USING (who, name, h) WHERE who IS NOT NULL
), told AS (
  SELECT f.agent_name, f.user_id, f.hour, list_transform(min(epoch_ns(e."timestamp") || e.event_id, 20), x -> x[20:]) AS event_ids,
    min(e.session_id) AS low, max(e.session_id) AS high, min(e."timestamp") AS first_at, max(e."timestamp") AS last_at
  FROM events e JOIN found f
    ON date_trunc('hour', e."timestamp") = f.hour AND e.agent_name IS NOT DISTINCT FROM f.agent_name AND e.user_id IS NOT DISTINCT FROM f.user_id
  WHERE e.event_type IN ('agent.invocation', 'agent.tool_call', 'agent.llm_response') GROUP BY ALL
)
SELECT
  true AS decided, f.agent_name AS agent, f.user_id, CASE WHEN low = high THEN low END AS session_id, NULL AS trace_id, NULL AS tool,
  strftime(f.hour, '%Y-%m-%dT%H') AS anchor, format('{} actions in the hour from {}', n, strftime(f.hour, '%Y-%m-%dT%H:%MZ')) AS seen,
  format('the {} {} was active at {:02d}:00 UTC or beside it on at most {:.0f} % of {} days', who, name, h, 100 * $share::DOUBLE, days) AS baseline,
  event_ids, n AS events, first_at, last_at
FROM found f JOIN told t ON f.hour = t.hour AND f.agent_name IS NOT DISTINCT FROM t.agent_name AND f.user_id IS NOT DISTINCT FROM t.user_id
UNION ALL
SELECT false, NULL, NULL, NULL, NULL, NULL, NULL, format('{} agents were active on fewer than {} days before', count(DISTINCT agent_name), $days::BIGINT), NULL, NULL,
  count(DISTINCT agent_name), NULL, NULL
FROM judged WHERE who IS NULL HAVING count(*) > 0
ORDER BY decided, last_at, agent, user_id, anchor
