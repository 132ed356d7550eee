-- All that is stored of one event ($1: its id).
SELECT * FROM events WHERE event_id = $1::UUID ORDER BY writer, seq
