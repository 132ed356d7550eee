-- What was over a budget: $1 to $4 as for budget_total. The first events that spent it stand beside it.
WITH spent AS (
  SELECT
    CASE $1 WHEN 'total' THEN 'all' WHEN 'day' THEN strftime("timestamp"::TIMESTAMP, '%Y-%m-%d')
      WHEN 'agent' THEN agent_name WHEN 'model' THEN model WHEN 'session' THEN session_id
      WHEN 'agent_day' THEN agent_name || ' ' || strftime("timestamp"::TIMESTAMP, '%Y-%m-%d') END AS name,
    CASE WHEN $1 IN ('agent', 'agent_day') THEN agent_name WHEN $1 = 'model' THEN model WHEN $1 = 'session' THEN session_id ELSE '' END AS pattern_name,
    sum(tokens.total) AS tokens,
    round(fsum(cost_usd), 6) AS cost_usd,
    list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 3), x -> x.id) AS event_ids
  FROM events WHERE event_type = 'agent.token_usage'
  GROUP BY ALL
)
SELECT $1 AS per, name, tokens, nullif($3::BIGINT, 0) AS token_budget, tokens / nullif($3::BIGINT, 0) AS tokens_used_share,
  cost_usd, nullif($4::DOUBLE, 0) AS budget_usd, cost_usd / nullif($4::DOUBLE, 0) AS cost_used_share, event_ids
FROM spent
WHERE name IS NOT NULL AND ($2 = '' OR pattern_name GLOB $2)
  AND ($3::BIGINT > 0 AND tokens > $3::BIGINT OR $4::DOUBLE > 0 AND cost_usd > $4::DOUBLE)
ORDER BY greatest(coalesce(tokens_used_share, 0), coalesce(cost_used_share, 0)) DESC, name
