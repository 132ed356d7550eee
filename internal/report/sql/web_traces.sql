-- The newest traces: which agents, how long, how it went.
SELECT trace_id AS trace, min("timestamp") AS started_at, any_value(session_id) AS session,
  string_agg(DISTINCT agent_name, ', ' ORDER BY agent_name) AS agents,
  count(*) AS events, count(*) FILTER (event_type = 'agent.tool_result') AS tool_calls,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS errors, count(*) FILTER (event_type = 'agent.handoff') AS handoffs,
  sum(cost_usd) FILTER (event_type = 'agent.token_usage') AS cost_usd, epoch_ms(max("timestamp")) - epoch_ms(min("timestamp")) AS duration_ms
FROM events WHERE trace_id IS NOT NULL GROUP BY trace_id ORDER BY started_at DESC, trace LIMIT 500
