-- Events as OCSF 1.9 API Activity (class 6003), one JSON object a row; docs/ocsf.md explains the mapping.
SELECT json_merge_patch('{}', to_json({
  category_uid: 6, category_name: 'Application Activity', class_uid: 6003, class_name: 'API Activity',
  activity_id: activity, activity_name: CASE activity WHEN 2 THEN 'Read' WHEN 3 THEN 'Update' ELSE 'Other' END,
  type_uid: 600300 + activity, type_name: 'API Activity: ' || CASE activity WHEN 2 THEN 'Read' WHEN 3 THEN 'Update' ELSE 'Other' END,
  time: epoch_ms("timestamp"), start_time: CASE WHEN duration_ms IS NOT NULL AND event_type = 'agent.tool_result' THEN epoch_ms("timestamp") - round(duration_ms)::BIGINT END,
  duration: round(duration_ms)::BIGINT,
  severity_id: CASE retention.tier WHEN 'critical' THEN 4 WHEN 'compliance' THEN 2 ELSE 1 END,
  severity: CASE retention.tier WHEN 'critical' THEN 'High' WHEN 'compliance' THEN 'Low' ELSE 'Informational' END,
  status_id: CASE WHEN outcome = 'success' THEN 1 WHEN outcome IN ('error', 'timeout', 'denied', 'cancelled') THEN 2 WHEN outcome IS NULL THEN 0 ELSE 99 END,
  status: outcome, status_code: error_type, status_detail: error,
  message: action,
  metadata: {
    version: '1.9.0', uid: event_id::VARCHAR, original_event_uid: event_id::VARCHAR, event_code: event_type, correlation_uid: trace_id, sequence: seq, log_name: writer,
    original_time: strftime("timestamp", '%Y-%m-%dT%H:%M:%S.%n') || 'Z', logged_time: epoch_ms(ingested_at), tenant_uid: tenant_id,
    product: {name: 'agentaudit', vendor_name: 'agentaudit', version: schema}
  },
  actor: {
    application: {name: agent_name, uid: agent_id, version: agent_version},
    user: CASE WHEN user_id IS NOT NULL THEN {uid: user_id} END,
    session: CASE WHEN session_id IS NOT NULL THEN {uid: session_id} END
  },
  api: {
    operation: coalesce(action, event_type),
    service: {name: coalesce(tool.server, provider, service.name), version: model},
    request: {uid: coalesce(tool.call_id, response_id, span_id), data: params},
    response: {code: CASE WHEN outcome = 'success' THEN 0 WHEN outcome IN ('error', 'timeout', 'denied') THEN 1 END, error: error_type, error_message: error, data: result}
  },
  resources: CASE WHEN resource IS NOT NULL THEN [json_merge_patch('{}', to_json({name: resource, type: operation}))] END,
  src_endpoint: {name: coalesce(service.name, writer), instance_uid: service.instance_id},
  unmapped: {
    task_id: task_id, parent_span_id: parent_span_id, span_id: span_id, reasoning: reasoning, decision: decision, rationale: rationale, confidence: confidence,
    tokens: tokens, cost_usd: cost_usd, approval: approval, handoff: handoff, guardrail: guardrail, feedback: feedback, action_hash: action_hash,
    redactions: redactions, retention: retention, convention: convention, inferred: CASE WHEN len(inferred) > 0 THEN inferred END
  }
}))::VARCHAR AS line
FROM (SELECT *, CASE WHEN operation = 'read' OR event_type = 'agent.data_access' THEN 2 WHEN operation = 'write' OR event_type = 'agent.data_modify' THEN 3 ELSE 99 END AS activity FROM events)
ORDER BY "timestamp", writer, seq
