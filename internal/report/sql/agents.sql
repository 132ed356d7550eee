-- The agents, the most active first: events, sessions, calls, errors, denials, handoffs, tokens, cost.
SELECT
  coalesce(agent_name, '(no agent)') AS agent,
  count(*) AS events,
  count(DISTINCT session_id) AS sessions,
  count(DISTINCT user_id) AS users,
  count(*) FILTER (event_type = 'agent.llm_response') AS model_calls,
  count(*) FILTER (event_type = 'agent.tool_result') AS tool_calls,
  count(*) FILTER (event_type = 'agent.error') AS errors,
  count(*) FILTER (event_type = 'agent.permission_denied') AS denials,
  count(*) FILTER (event_type = 'agent.handoff') AS handoffs,
  coalesce(sum(tokens.total) FILTER (event_type = 'agent.token_usage'), 0) AS tokens,
  round(fsum(cost_usd) FILTER (event_type = 'agent.token_usage'), 6) AS cost_usd
FROM events GROUP BY agent_name ORDER BY events DESC, agent
