-- Calls of the tools that match $1 (a JSON list of patterns): asked for, denied, ended. The rest is open: nobody told whether it ran.
WITH needing AS (
  SELECT DISTINCT name FROM (SELECT DISTINCT tool.name AS name FROM events WHERE tool.name IS NOT NULL), unnest(from_json($1, '["VARCHAR"]')) p(pattern)
  WHERE name GLOB pattern
)
SELECT count(*) FILTER (event_type = 'agent.tool_call') AS calls,
  count(*) FILTER (event_type = 'agent.tool_call' AND outcome = 'denied') AS denied,
  count(*) FILTER (event_type = 'agent.tool_result') AS ended
FROM events WHERE event_type IN ('agent.tool_call', 'agent.tool_result') AND tool.name IN (SELECT name FROM needing)
