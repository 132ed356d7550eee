-- The first events of one redaction_version: $1, or '(none)' for those that have none.
SELECT list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 20), x -> x.id) AS event_ids
FROM events WHERE coalesce(redaction_version, '(none)') = $1
