-- One agent ($1, name or id): events, distinct actions, sessions, users, calls, errors, denials, tokens, cost, average and p95 duration of its calls.
WITH counted AS (
  SELECT
    count(*) AS events,
    count(DISTINCT action) AS unique_actions,
    count(DISTINCT session_id) AS sessions,
    count(DISTINCT user_id) AS users,
    count(*) FILTER (event_type = 'agent.llm_response') AS model_calls,
    count(*) FILTER (event_type = 'agent.tool_result') AS tool_calls,
    count(*) FILTER (event_type IN ('agent.tool_result', 'agent.llm_response') AND outcome IN ('error', 'timeout')) AS failed_calls,
    count(*) FILTER (event_type = 'agent.error') AS errors,
    count(*) FILTER (event_type = 'agent.permission_denied') AS denials,
    coalesce(sum(tokens.total) FILTER (event_type = 'agent.token_usage'), 0) AS tokens,
    round(fsum(cost_usd) FILTER (event_type = 'agent.token_usage'), 6) AS cost_usd,
    round(favg(duration_ms) FILTER (event_type IN ('agent.tool_result', 'agent.llm_response')), 3) AS avg_call_ms,
    quantile_cont(duration_ms, 0.95) FILTER (event_type IN ('agent.tool_result', 'agent.llm_response')) AS p95_call_ms,
    list_sort(list(DISTINCT agent_version) FILTER (agent_version IS NOT NULL)) AS versions,
    min("timestamp") AS first_at, max("timestamp") AS last_at
  FROM events WHERE agent_name = $1 OR agent_id = $1
)
SELECT events, unique_actions, sessions, users, model_calls, tool_calls, errors, failed_calls,
  failed_calls / nullif(model_calls + tool_calls, 0) AS error_rate, denials, tokens, cost_usd, avg_call_ms, p95_call_ms, versions, first_at, last_at
FROM counted
