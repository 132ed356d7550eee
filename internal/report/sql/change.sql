-- What changed: figures per day of the period from $2 on, beside those of the $4 days before it; $1 narrows to an agent (name or id, NULL for
-- all), $3 is the period's length in days. Durations and rates are not per day. A handoff
-- counts for the agent that gave up control. Tokens and cost are counted on agent.token_usage alone.
WITH counted AS (
  SELECT
    "timestamp" >= $2::TIMESTAMP AS present,
    count(*) AS events,
    count(DISTINCT session_id) AS sessions,
    count(*) FILTER (event_type = 'agent.tool_result') AS tool_calls,
    count(*) FILTER (event_type = 'agent.error') AS errors,
    count(*) FILTER (event_type = 'agent.permission_denied') AS denials,
    count(*) FILTER (event_type = 'agent.data_modify') AS data_changes,
    coalesce(sum(tokens.total) FILTER (event_type = 'agent.token_usage'), 0) AS tokens,
    round(fsum(cost_usd) FILTER (event_type = 'agent.token_usage'), 6) AS cost,
    count(*) FILTER (event_type IN ('agent.tool_result', 'agent.llm_response') AND outcome IN ('error', 'timeout')) AS failed,
    count(*) FILTER (event_type IN ('agent.tool_result', 'agent.llm_response')) AS calls,
    quantile_cont(duration_ms, 0.95) FILTER (event_type = 'agent.tool_result') AS slow
  FROM history
  WHERE "timestamp" >= $2::TIMESTAMP - to_days($4::INTEGER) AND ($1::VARCHAR IS NULL OR agent_name = $1 OR agent_id = $1)
  GROUP BY present
), handed AS (
  SELECT count(*) FILTER ("timestamp" >= $2::TIMESTAMP) AS present, count(*) FILTER ("timestamp" < $2::TIMESTAMP) AS before
  FROM history
  WHERE event_type = 'agent.handoff' AND "timestamp" >= $2::TIMESTAMP - to_days($4::INTEGER)
    AND ($1::VARCHAR IS NULL OR coalesce(handoff."from", agent_name) IN (SELECT $1 UNION SELECT agent_name FROM history WHERE agent_id = $1))
), sides AS (
  SELECT max(counted) FILTER (counted.present) AS n, max(counted) FILTER (NOT counted.present) AS b, any_value(handed) AS h FROM handed LEFT JOIN counted ON true
), measured AS (
  SELECT unnest([
    {'place': 1, 'measure': 'events a day', 'present': coalesce(n.events, 0) / $3, 'before': coalesce(b.events, 0) / $4},
    {'place': 2, 'measure': 'sessions a day', 'present': coalesce(n.sessions, 0) / $3, 'before': coalesce(b.sessions, 0) / $4},
    {'place': 3, 'measure': 'tool calls a day', 'present': coalesce(n.tool_calls, 0) / $3, 'before': coalesce(b.tool_calls, 0) / $4},
    {'place': 4, 'measure': 'errors a day', 'present': coalesce(n.errors, 0) / $3, 'before': coalesce(b.errors, 0) / $4},
    {'place': 5, 'measure': 'failed calls, %', 'present': 100 * n.failed / nullif(n.calls, 0), 'before': 100 * b.failed / nullif(b.calls, 0)},
    {'place': 6, 'measure': 'denials a day', 'present': coalesce(n.denials, 0) / $3, 'before': coalesce(b.denials, 0) / $4},
    {'place': 7, 'measure': 'handoffs a day', 'present': h.present / $3, 'before': h.before / $4},
    {'place': 8, 'measure': 'data changes a day', 'present': coalesce(n.data_changes, 0) / $3, 'before': coalesce(b.data_changes, 0) / $4},
    {'place': 9, 'measure': 'tokens a day', 'present': coalesce(n.tokens, 0) / $3, 'before': coalesce(b.tokens, 0) / $4},
    {'place': 10, 'measure': 'cost a day, USD', 'present': n.cost / $3, 'before': b.cost / $4},
    {'place': 11, 'measure': 'tool calls, p95, ms', 'present': n.slow, 'before': b.slow}
  ]::STRUCT(place INTEGER, measure VARCHAR, present DOUBLE, before DOUBLE)[], recursive := true)
  FROM sides
)
SELECT measure, round(present, 3) AS this_period, round(before, 3) AS before,
  round((present - before) / nullif(before, 0), 6) AS change_share
FROM measured ORDER BY place
