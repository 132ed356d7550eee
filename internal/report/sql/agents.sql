-- The agents, the most active first: events, sessions, calls, errors, denials, handoffs, tokens, cost. A handoff counts for the agent that gave up
-- control, whoever told it.
WITH handed AS (
  SELECT coalesce(handoff."from", agent_name) AS agent_name, count(*) AS handoffs
  FROM events WHERE event_type = 'agent.handoff' GROUP BY ALL
), acted AS (
  SELECT agent_name,
    count(*) AS events,
    count(DISTINCT session_id) AS sessions,
    count(DISTINCT user_id) AS users,
    count(*) FILTER (event_type = 'agent.llm_response') AS model_calls,
    count(*) FILTER (event_type = 'agent.tool_result') AS tool_calls,
    count(*) FILTER (event_type = 'agent.error') AS errors,
    count(*) FILTER (event_type = 'agent.permission_denied') AS denials,
    coalesce(sum(tokens.total) FILTER (event_type = 'agent.token_usage'), 0) AS tokens,
    round(fsum(cost_usd) FILTER (event_type = 'agent.token_usage'), 6) AS cost_usd
  FROM events GROUP BY agent_name
)
SELECT coalesce(a.agent_name, h.agent_name, '(no agent)') AS agent,
  coalesce(events, 0) AS events, coalesce(sessions, 0) AS sessions, coalesce(users, 0) AS users, coalesce(model_calls, 0) AS model_calls,
  coalesce(tool_calls, 0) AS tool_calls, coalesce(errors, 0) AS errors, coalesce(denials, 0) AS denials, coalesce(handoffs, 0) AS handoffs,
  coalesce(tokens, 0) AS tokens, cost_usd
FROM acted a FULL JOIN handed h ON a.agent_name IS NOT DISTINCT FROM h.agent_name
ORDER BY events DESC, agent
