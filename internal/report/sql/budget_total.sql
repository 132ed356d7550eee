-- How a budget was kept: $1 is what it is for (total, day, agent, model, session, agent_day), $2 a pattern of names ('' for all), $3 and $4 its
-- tokens and cost in USD (0 for no limit). How many were looked at, how many were over, the highest, and how many had calls without a price.
WITH spent AS (
  SELECT
    CASE $1 WHEN 'total' THEN 'all' WHEN 'day' THEN strftime("timestamp"::TIMESTAMP, '%Y-%m-%d')
      WHEN 'agent' THEN agent_name WHEN 'model' THEN model WHEN 'session' THEN session_id
      WHEN 'agent_day' THEN agent_name || ' ' || strftime("timestamp"::TIMESTAMP, '%Y-%m-%d') END AS name,
    CASE WHEN $1 IN ('agent', 'agent_day') THEN agent_name WHEN $1 = 'model' THEN model WHEN $1 = 'session' THEN session_id ELSE '' END AS pattern_name,
    sum(tokens.total) AS tokens,
    round(fsum(cost_usd), 6) AS cost_usd,
    count(*) FILTER (cost_usd IS NULL) AS unpriced
  FROM events WHERE event_type = 'agent.token_usage'
  GROUP BY ALL
)
SELECT count(*) AS checked,
  count(*) FILTER ($3::BIGINT > 0 AND tokens > $3::BIGINT OR $4::DOUBLE > 0 AND cost_usd > $4::DOUBLE) AS over,
  max(tokens) AS highest_tokens, max(cost_usd) AS highest_cost_usd,
  count(*) FILTER (unpriced > 0) AS with_unpriced
FROM spent WHERE name IS NOT NULL AND ($2 = '' OR pattern_name GLOB $2)
