-- Events by type, with how many failed.
SELECT event_type, count(*) AS events, count(*) FILTER (outcome IN ('error', 'timeout')) AS errors
FROM events GROUP BY event_type ORDER BY events DESC, event_type
