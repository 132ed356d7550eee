-- Per tool: calls that were asked for, those that ran to an end, how many of these failed, those that were denied; how long the ones that ran took.
-- Calls are agent.tool_call, the rest is told by agent.tool_result; a call without a result was denied, is under way, or nobody told.
SELECT
  coalesce(tool.name, '(no name)') AS tool,
  count(*) FILTER (event_type = 'agent.tool_call') AS calls,
  count(*) FILTER (event_type = 'agent.tool_result') AS finished,
  count(*) FILTER (event_type = 'agent.tool_result' AND outcome IN ('error', 'timeout')) AS errors,
  count(*) FILTER (event_type = 'agent.tool_result' AND outcome IN ('error', 'timeout'))
    / nullif(count(*) FILTER (event_type = 'agent.tool_result'), 0) AS error_rate,
  count(*) FILTER (event_type = 'agent.tool_call' AND outcome = 'denied') AS denied,
  round(favg(duration_ms) FILTER (event_type = 'agent.tool_result'), 3) AS avg_ms,
  quantile_cont(duration_ms, 0.5) FILTER (event_type = 'agent.tool_result') AS p50_ms,
  quantile_cont(duration_ms, 0.95) FILTER (event_type = 'agent.tool_result') AS p95_ms,
  max(duration_ms) FILTER (event_type = 'agent.tool_result') AS max_ms,
  count(DISTINCT agent_name) AS agents
FROM events WHERE event_type IN ('agent.tool_call', 'agent.tool_result')
GROUP BY tool.name ORDER BY calls DESC, finished DESC, tool
