-- How far the trail goes: the time of its last event. A session that fell silent long before it has ended.
SELECT max("timestamp") AS last_at FROM events
