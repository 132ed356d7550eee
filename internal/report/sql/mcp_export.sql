-- Events in time order with their main fields, for programs.
SELECT "timestamp" AS event_at, event_type, action, outcome, agent_name, user_id, tenant_id, session_id, task_id, trace_id, span_id, model, provider,
  tool.name AS tool, operation, resource, tokens.input AS tokens_in, tokens.output AS tokens_out, cost_usd, duration_ms, approval.status AS approval,
  approval.approver_id AS approver, error_type, error, retention.tier AS tier, writer, seq, event_id::VARCHAR AS event_id
FROM events ORDER BY "timestamp", writer, seq LIMIT 10000
