-- The first events of a tier ($1) and type ($2) that are kept for so many days ($3).
SELECT list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 5), x -> x.id) AS event_ids
FROM events WHERE coalesce(retention.tier, '(no tier)') = $1 AND event_type = $2 AND coalesce(retention.days, 0) = $3
