-- Per agent: failures, and the share of its tool and model calls that ended in error or timeout.
WITH counted AS (
  SELECT
    agent_name,
    count(*) FILTER (event_type = 'agent.error') AS errors,
    count(DISTINCT error_type) FILTER (event_type = 'agent.error') AS classes,
    count(*) FILTER (event_type IN ('agent.tool_result', 'agent.llm_response')) AS calls,
    count(*) FILTER (event_type IN ('agent.tool_result', 'agent.llm_response') AND outcome IN ('error', 'timeout')) AS failed_calls
  FROM events WHERE event_type IN ('agent.error', 'agent.tool_result', 'agent.llm_response')
  GROUP BY agent_name
)
SELECT coalesce(agent_name, '(no agent)') AS agent, errors, classes, calls, failed_calls, failed_calls / nullif(calls, 0) AS error_rate
FROM counted WHERE errors > 0 OR failed_calls > 0
ORDER BY errors DESC, failed_calls DESC, agent
