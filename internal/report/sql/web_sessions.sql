-- The newest sessions: who, which agents, how long, how it went, what it cost.
SELECT session_id AS session, min("timestamp") AS started_at, max("timestamp") AS last_at,
  any_value(user_id) AS "user", string_agg(DISTINCT agent_name, ', ' ORDER BY agent_name) AS agents,
  count(*) AS events, count(*) FILTER (event_type = 'agent.tool_result') AS tool_calls,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS errors, count(*) FILTER (event_type = 'agent.permission_denied') AS denials,
  sum(tokens.total) FILTER (event_type = 'agent.token_usage') AS tokens, sum(cost_usd) FILTER (event_type = 'agent.token_usage') AS cost_usd,
  epoch_ms(max("timestamp")) - epoch_ms(min("timestamp")) AS duration_ms
FROM events WHERE session_id IS NOT NULL GROUP BY session_id ORDER BY started_at DESC, session LIMIT 500
