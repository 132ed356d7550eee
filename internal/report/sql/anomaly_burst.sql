-- Anomaly: many actions of one agent within a moment, in one session: $actions or more within $seconds. Actions are tool calls and
-- handoffs. An agent's sessions are told apart, for many of them may well be at work side by side. A call that is told twice, by a span and a log
-- record, counts once.
WITH actions AS (
  SELECT agent_name, session_id, trace_id, coalesce(session_id, trace_id) AS run, event_id, "timestamp" AS moment, epoch_ns("timestamp") AS ns
  FROM events WHERE event_type IN ('agent.tool_call', 'agent.handoff') AND coalesce(outcome, '') <> 'denied'
  WINDOW w AS (PARTITION BY coalesce(session_id, trace_id), tool.call_id ORDER BY "timestamp", event_id)
  QUALIFY tool.call_id IS NULL OR coalesce(lag(origin.signal) OVER w = origin.signal, true)
), paced AS (
  SELECT *, ns - lag(ns, $actions::BIGINT - 1) OVER w AS took,
    ns - lag(ns) OVER w AS gap
  FROM actions WINDOW w AS (PARTITION BY agent_name, run ORDER BY ns, event_id)
), marked AS ( -- an action belongs to a burst when one of the next $actions - 1 ends one
  SELECT *, min(took) OVER (PARTITION BY agent_name, run ORDER BY ns, event_id ROWS BETWEEN CURRENT ROW AND $actions::BIGINT - 1 FOLLOWING) AS fastest
  FROM paced
)
SELECT
  true AS decided, agent_name AS agent, NULL AS user_id, min(session_id) AS session_id,
  CASE WHEN min(trace_id) = max(trace_id) THEN min(trace_id) END AS trace_id, NULL AS tool,
  strftime(min(moment), '%Y-%m-%d') AS anchor,
  format('{} actions, the fastest {} in {:.2f} s', count(*), $actions::BIGINT, min(fastest) / 1e9) AS seen,
  format('fewer than {} within {} s', $actions::BIGINT, $seconds::DOUBLE) AS baseline,
  list_transform(min(ns || event_id, 20), x -> x[20:]) AS event_ids, count(*) AS events, min(moment) AS first_at, max(moment) AS last_at
FROM marked WHERE fastest < $seconds::DOUBLE * 1e9
GROUP BY agent_name, run ORDER BY last_at, agent, session_id, trace_id
