-- Tokens and cost of all model calls, as agent.token_usage tells them. Unpriced calls told no cost and had no price: they are not in the sum.
SELECT
  count(*) AS model_calls,
  coalesce(sum(tokens.input), 0) AS input_tokens, coalesce(sum(tokens.output), 0) AS output_tokens,
  coalesce(sum(tokens.reasoning), 0) AS reasoning_tokens,
  coalesce(sum(tokens.cache_read), 0) AS cache_read_tokens, coalesce(sum(tokens.cache_write), 0) AS cache_write_tokens,
  coalesce(sum(tokens.total), 0) AS tokens,
  round(fsum(cost_usd), 6) AS cost_usd,
  count(*) FILTER (cost_source = 'computed') AS computed_costs,
  count(*) FILTER (cost_usd IS NULL) AS unpriced
FROM events WHERE event_type = 'agent.token_usage'
