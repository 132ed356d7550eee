-- One agent ($1, name or id): its tools, the most called first.
SELECT
  coalesce(tool.name, '(no name)') AS tool,
  count(*) FILTER (event_type = 'agent.tool_call') AS calls,
  count(*) FILTER (event_type = 'agent.tool_result') AS finished,
  count(*) FILTER (event_type = 'agent.tool_result' AND outcome IN ('error', 'timeout')) AS errors,
  count(*) FILTER (event_type = 'agent.tool_call' AND outcome = 'denied') AS denied,
  round(favg(duration_ms) FILTER (event_type = 'agent.tool_result'), 3) AS avg_ms,
  quantile_cont(duration_ms, 0.95) FILTER (event_type = 'agent.tool_result') AS p95_ms
FROM events WHERE event_type IN ('agent.tool_call', 'agent.tool_result') AND (agent_name = $1 OR agent_id = $1)
GROUP BY tool.name ORDER BY calls DESC, finished DESC, tool
