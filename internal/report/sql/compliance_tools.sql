-- The tools whose names match one of $1, a JSON list of patterns (* is anything, ? any one character).
SELECT DISTINCT name AS tool
FROM (SELECT DISTINCT tool.name AS name FROM events WHERE tool.name IS NOT NULL), unnest(from_json($1, '["VARCHAR"]')) p(pattern)
WHERE name GLOB pattern ORDER BY tool
