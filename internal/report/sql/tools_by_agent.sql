-- Which agent used which tool: calls that ran to an end, how many failed, how long they took.
SELECT
  coalesce(agent_name, '(no agent)') AS agent, coalesce(tool.name, '(no name)') AS tool,
  count(*) AS finished,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS errors,
  count(*) FILTER (outcome IN ('error', 'timeout')) / count(*) AS error_rate,
  round(favg(duration_ms), 3) AS avg_ms,
  quantile_cont(duration_ms, 0.95) AS p95_ms
FROM events WHERE event_type = 'agent.tool_result'
GROUP BY agent_name, tool.name ORDER BY finished DESC, agent, tool
