-- Events by type: how many, how many say that they failed, how many were denied. A failure is told by several types, so the column
-- failed must not be added up: agent.error counts each failure once.
SELECT event_type, count(*) AS events,
  count(*) FILTER (outcome IN ('error', 'timeout')) AS failed,
  count(*) FILTER (outcome = 'denied') AS denied
FROM events GROUP BY event_type ORDER BY events DESC, event_type
