-- Calls of tools ($1, a JSON list of names): asked for, denied, ended. The rest is open: nobody told whether it ran.
SELECT count(*) FILTER (event_type = 'agent.tool_call') AS calls,
  count(*) FILTER (event_type = 'agent.tool_call' AND outcome = 'denied') AS denied,
  count(*) FILTER (event_type = 'agent.tool_result') AS ended
FROM events WHERE event_type IN ('agent.tool_call', 'agent.tool_result') AND list_contains(from_json($1, '["VARCHAR"]'), tool.name)
