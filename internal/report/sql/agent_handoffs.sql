-- One agent ($1, name or id): from whom it took over, and to whom it handed over.
SELECT 'to ' || coalesce(handoff."to", '(unknown)') AS handoff, count(*) AS handoffs, count(DISTINCT session_id) AS sessions,
  min("timestamp") AS first_at, max("timestamp") AS last_at
FROM events WHERE event_type = 'agent.handoff' AND events.handoff."from" IN (SELECT $1 UNION SELECT agent_name FROM events WHERE agent_id = $1) GROUP BY ALL
UNION ALL
SELECT 'from ' || coalesce(handoff."from", '(unknown)') AS handoff, count(*), count(DISTINCT session_id), min("timestamp"), max("timestamp")
FROM events WHERE event_type = 'agent.handoff' AND events.handoff."to" IN (SELECT $1 UNION SELECT agent_name FROM events WHERE agent_id = $1) GROUP BY ALL
ORDER BY handoffs DESC, handoff
