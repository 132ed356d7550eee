-- One agent ($1, name or id): what it asked permission for, and what was decided by whom. Events: permission_check, permission_denied,
-- human_intervention, and a decision that tells an approval.
SELECT event_type, coalesce(tool.name, action, '(unknown)') AS what, coalesce(approval.status, '(no status)') AS status,
  coalesce(approval.actor_class, '-') AS decided_by, approval.approver_id AS approver, count(*) AS events
FROM events
WHERE (agent_name = $1 OR agent_id = $1)
  AND (event_type IN ('agent.permission_check', 'agent.permission_denied', 'agent.human_intervention')
    OR event_type = 'agent.decision' AND approval.status IS NOT NULL)
GROUP BY ALL ORDER BY events DESC, event_type, what, status, decided_by, approver
