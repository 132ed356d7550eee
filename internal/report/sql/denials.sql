-- What was denied: tool or action, by whom, how often. Denials are events agent.permission_denied.
SELECT coalesce(tool.name, action, '(unknown)') AS what, coalesce(agent_name, '(no agent)') AS agent,
  coalesce(approval.actor_class, 'unknown') AS denied_by, approval.approver_id AS approver, count(*) AS denials,
  list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 5), x -> x.id) AS event_ids
FROM events WHERE event_type = 'agent.permission_denied'
GROUP BY ALL ORDER BY denials DESC, what, agent, denied_by, approver
