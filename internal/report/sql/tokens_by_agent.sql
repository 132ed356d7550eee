-- Tokens and cost per agent.
SELECT
  coalesce(agent_name, '(no agent)') AS agent,
  count(*) AS model_calls,
  coalesce(sum(tokens.input), 0) AS input_tokens, coalesce(sum(tokens.output), 0) AS output_tokens,
  coalesce(sum(tokens.cache_read), 0) AS cache_read_tokens,
  coalesce(sum(tokens.total), 0) AS tokens,
  round(fsum(cost_usd), 6) AS cost_usd,
  count(*) FILTER (cost_usd IS NULL) AS unpriced
FROM events WHERE event_type = 'agent.token_usage'
GROUP BY agent_name ORDER BY tokens DESC, agent
