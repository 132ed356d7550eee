-- For how many days events are kept, by tier and type.
SELECT coalesce(retention.tier, '(no tier)') AS tier, event_type, coalesce(retention.days, 0) AS days, count(*) AS events
FROM events GROUP BY ALL ORDER BY tier, event_type, days
