-- How much happened: events, sessions, traces, agents, users, calls, errors, denials, handoffs, approvals, tokens, cost.
-- A failure counts once: an event agent.error, which the innermost failing step alone makes. The error rate is the share of tool and
-- model calls that ended in error or timeout. Tokens and cost are counted on agent.token_usage alone, for other events repeat them.
WITH counted AS (
  SELECT
    count(*) AS events,
    count(DISTINCT session_id) AS sessions,
    count(DISTINCT trace_id) AS traces,
    count(DISTINCT agent_name) AS agents,
    count(DISTINCT user_id) AS users,
    count(*) FILTER (event_type = 'agent.llm_response') AS model_calls,
    count(*) FILTER (event_type = 'agent.tool_result') AS tool_calls,
    count(*) FILTER (event_type IN ('agent.tool_result', 'agent.llm_response') AND outcome IN ('error', 'timeout')) AS failed_calls,
    count(*) FILTER (event_type = 'agent.error') AS errors,
    count(*) FILTER (event_type = 'agent.permission_denied') AS denials,
    count(*) FILTER (event_type = 'agent.handoff') AS handoffs,
    count(*) FILTER (event_type = 'agent.human_intervention' AND approval.status IN ('approved', 'rejected')) AS human_decisions,
    count(*) FILTER (event_type = 'agent.data_access') AS data_reads,
    count(*) FILTER (event_type = 'agent.data_modify') AS data_changes,
    coalesce(sum(tokens.total) FILTER (event_type = 'agent.token_usage'), 0) AS tokens,
    round(fsum(cost_usd) FILTER (event_type = 'agent.token_usage'), 6) AS cost_usd,
    min("timestamp") AS first_at,
    max("timestamp") AS last_at
  FROM events
)
SELECT events, sessions, traces, agents, users, model_calls, tool_calls, errors, failed_calls,
  failed_calls / nullif(model_calls + tool_calls, 0) AS error_rate,
  denials, handoffs, human_decisions, data_reads, data_changes, tokens, cost_usd, first_at, last_at
FROM counted
