-- Which agent handed over to which, and how often.
SELECT coalesce(handoff."from", '(unknown)') AS from_agent, coalesce(handoff."to", '(unknown)') AS to_agent,
  count(*) AS handoffs, count(DISTINCT session_id) AS sessions
FROM events WHERE event_type = 'agent.handoff'
GROUP BY handoff."from", handoff."to" ORDER BY handoffs DESC, from_agent, to_agent
