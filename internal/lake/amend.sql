-- What differs from the rows as they are stored: rows to leave out (skip), and rows with columns that others complete.
-- It reads the view stored and makes the table amended. $body stands for all columns but the stamp.

-- An event that is stored more than once with the same body counts once: the first stored.
CREATE TEMP TABLE doubled AS
WITH ids AS (SELECT event_id FROM stored GROUP BY event_id HAVING count(*) > 1)
SELECT _row FROM stored SEMI JOIN ids USING (event_id)
QUALIFY row_number() OVER (PARTITION BY event_id, hash($body) ORDER BY ingested_at, writer, seq) > 1;

-- Who it was and in which session is taken from the trace, when all of the trace that says so says the same.
CREATE TEMP TABLE lacking AS
SELECT _row, trace_id, session_id, user_id, agent_name FROM stored
WHERE trace_id IS NOT NULL AND (session_id IS NULL OR user_id IS NULL OR agent_name IS NULL);

CREATE TEMP TABLE completed AS
WITH known AS (
  SELECT trace_id,
    CASE WHEN min(session_id) = max(session_id) THEN min(session_id) END AS session_id,
    CASE WHEN min(user_id) = max(user_id) THEN min(user_id) END AS user_id,
    CASE WHEN min(agent_name) = max(agent_name) THEN min(agent_name) END AS agent_name
  FROM stored SEMI JOIN lacking USING (trace_id)
  GROUP BY trace_id
)
SELECT l._row, k.session_id, k.user_id, k.agent_name
FROM lacking l JOIN known k USING (trace_id)
WHERE (l.session_id IS NULL AND k.session_id IS NOT NULL)
   OR (l.user_id IS NULL AND k.user_id IS NOT NULL)
   OR (l.agent_name IS NULL AND k.agent_name IS NOT NULL);

DROP TABLE lacking;

-- The approval of a call stands with the call: by the call's id, else by what was approved, in the same trace or session.
-- A decision goes before a pending request, the later one before the earlier.
CREATE TEMP TABLE approvals AS
SELECT tool.call_id AS call_id, approval.action_hash AS approved_hash, trace_id, session_id, "timestamp" AS decided, approval
FROM stored WHERE approval.status IS NOT NULL;

CREATE TEMP TABLE approved AS
WITH calls AS (
  SELECT _row, tool.call_id AS call_id, action_hash, trace_id, coalesce(s.session_id, c.session_id) AS session_id
  FROM stored s LEFT JOIN completed c USING (_row)
  WHERE event_type IN ('agent.tool_call', 'agent.tool_result') AND approval.status IS NULL
), matches AS (
  SELECT c._row, a.approval, a.decided, 1 AS rank
  FROM calls c JOIN approvals a ON c.call_id = a.call_id
  WHERE c.trace_id = a.trace_id OR c.session_id = a.session_id
  UNION ALL
  SELECT c._row, a.approval, a.decided, 2
  FROM calls c JOIN approvals a ON c.action_hash = a.approved_hash
  WHERE (c.trace_id = a.trace_id OR c.session_id = a.session_id)
    AND (c.call_id IS NULL OR a.call_id IS NULL OR c.call_id = a.call_id)
)
SELECT _row, arg_min(approval, (rank, CASE WHEN approval.status = 'pending' THEN 1 ELSE 0 END, -epoch_ns(decided))) AS approval
FROM matches GROUP BY _row;

DROP TABLE approvals;

CREATE TEMP TABLE amended AS
SELECT false AS skip,
  s.* REPLACE (
    coalesce(s.session_id, c.session_id) AS session_id,
    coalesce(s.user_id, c.user_id) AS user_id,
    coalesce(s.agent_name, c.agent_name) AS agent_name,
    coalesce(a.approval, s.approval) AS approval),
  list_filter([
    CASE WHEN s.session_id IS NULL AND c.session_id IS NOT NULL THEN 'session_id' END,
    CASE WHEN s.user_id IS NULL AND c.user_id IS NOT NULL THEN 'user_id' END,
    CASE WHEN s.agent_name IS NULL AND c.agent_name IS NOT NULL THEN 'agent_name' END,
    CASE WHEN a.approval IS NOT NULL THEN 'approval' END], x -> x IS NOT NULL) AS inferred
FROM stored s
JOIN (SELECT _row FROM completed UNION SELECT _row FROM approved) touched USING (_row)
LEFT JOIN completed c USING (_row)
LEFT JOIN approved a USING (_row)
ANTI JOIN doubled d USING (_row)
UNION ALL BY NAME
SELECT true AS skip, _row FROM doubled;

DROP TABLE completed;
DROP TABLE approved;
DROP TABLE doubled;
