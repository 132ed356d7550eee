-- One agent ($1, name or id): what it did by type, how often that failed or was denied, how long it took.
SELECT event_type, count(*) AS events, count(DISTINCT action) AS unique_actions,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS failed, count(*) FILTER (outcome = 'denied') AS denied,
  round(favg(duration_ms), 3) AS avg_ms, quantile_cont(duration_ms, 0.95) AS p95_ms
FROM events WHERE agent_name = $1 OR agent_id = $1
GROUP BY event_type ORDER BY events DESC, event_type
