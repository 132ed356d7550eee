-- What people were asked and decided: tool, status, approver, how often.
SELECT coalesce(tool.name, action, '(unknown)') AS what, coalesce(agent_name, '(no agent)') AS agent,
  coalesce(approval.status, '(no status)') AS status, approval.approver_id AS approver, count(*) AS decisions,
  list_transform(min({'at': "timestamp", 'id': event_id::VARCHAR}, 5), x -> x.id) AS event_ids
FROM events WHERE event_type = 'agent.human_intervention'
GROUP BY ALL ORDER BY decisions DESC, what, agent, status, approver
