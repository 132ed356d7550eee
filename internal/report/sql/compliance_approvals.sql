-- Calls that needed a permission and ran: those of tools ($1, a JSON list of names), and those that say that they needed one.
-- Was there an approval, by whom of $2 (a JSON list of classes of actor), and of exactly that call (action_hash)?
WITH calls AS (
  SELECT tool.name AS tool, event_id, "timestamp", inferred,
    CASE
      WHEN approval.status IS NULL OR approval.status = 'pending' THEN 'no approval'
      WHEN approval.status <> 'approved' THEN 'ran although ' || approval.status
      WHEN NOT list_contains(from_json($2, '["VARCHAR"]'), coalesce(approval.actor_class, 'unknown')) THEN 'approved by ' || coalesce(approval.actor_class, 'unknown')
      WHEN action_hash IS NULL OR approval.action_hash IS NULL THEN 'approved, no hash to compare'
      WHEN action_hash <> approval.action_hash THEN 'another action was approved'
      ELSE 'approved'
    END AS state
  FROM events
  WHERE event_type = 'agent.tool_result' AND coalesce(outcome, '') NOT IN ('denied', 'pending')
    AND (approval.required OR list_contains(from_json($1, '["VARCHAR"]'), tool.name))
)
SELECT state, coalesce(tool, '(no name)') AS tool, count(*) AS calls,
  count(*) FILTER (list_contains(inferred, 'approval')) AS joined_later,
  list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 20), x -> x.id) AS event_ids
FROM calls GROUP BY state, calls.tool ORDER BY state, tool
