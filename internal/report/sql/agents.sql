-- The most active agents: events, sessions, tool calls, errors, tokens, cost.
SELECT
  coalesce(agent_name, '(no agent)') AS agent,
  count(*) AS events,
  count(DISTINCT session_id) AS sessions,
  count(*) FILTER (event_type = 'agent.tool_result') AS tool_calls,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS errors,
  sum(tokens.total) FILTER (event_type = 'agent.token_usage') AS tokens,
  sum(cost_usd) FILTER (event_type = 'agent.token_usage') AS total_usd
FROM events GROUP BY agent_name ORDER BY events DESC, agent LIMIT 20
