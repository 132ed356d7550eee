-- The names of all agents, with their last event.
SELECT agent_name AS agent, count(*) AS events, max("timestamp") AS last_at
FROM events WHERE agent_name IS NOT NULL GROUP BY agent_name ORDER BY events DESC, agent
