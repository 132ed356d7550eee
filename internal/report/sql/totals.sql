-- How much happened: events, sessions, traces, agents, users, errors, handoffs, denials, tokens, cost.
-- Tokens and cost are counted on agent.token_usage alone, for other events repeat them.
SELECT
  count(*) AS events,
  count(DISTINCT session_id) AS sessions,
  count(DISTINCT trace_id) AS traces,
  count(DISTINCT agent_name) AS agents,
  count(DISTINCT user_id) AS users,
  count(*) FILTER (event_type = 'agent.tool_result') AS tool_calls,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS errors,
  count(*) FILTER (outcome IN ('error', 'timeout')) / nullif(count(*) FILTER (outcome IS NOT NULL AND outcome <> 'pending'), 0) AS error_rate,
  count(*) FILTER (event_type = 'agent.permission_denied') AS denials,
  count(*) FILTER (event_type = 'agent.handoff') AS handoffs,
  count(*) FILTER (approval.status IN ('approved', 'rejected') AND event_type = 'agent.human_intervention') AS human_decisions,
  sum(tokens.total) FILTER (event_type = 'agent.token_usage') AS tokens,
  sum(cost_usd) FILTER (event_type = 'agent.token_usage') AS total_usd,
  min("timestamp") AS first_at,
  max("timestamp") AS last_at
FROM events
