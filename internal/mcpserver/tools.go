package mcpserver

import (
	"context"
	"errors"
	"fmt"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/report"
)

// scope narrows a question; every tool takes it.
type scope struct {
	Since   string   `json:"since,omitempty" jsonschema:"only events at or after this day (2026-11-21) or RFC 3339 time"`
	Until   string   `json:"until,omitempty" jsonschema:"only events until the end of this day, or before this time"`
	Agent   []string `json:"agent,omitempty" jsonschema:"only these agents, by name or id"`
	User    []string `json:"user,omitempty" jsonschema:"only on behalf of these users"`
	Session []string `json:"session,omitempty" jsonschema:"only these sessions"`
	Tool    []string `json:"tool,omitempty" jsonschema:"only these tools"`
	Tier    []string `json:"tier,omitempty" jsonschema:"only these tiers: debug, info, compliance, critical"`
	Type    []string `json:"type,omitempty" jsonschema:"only these event types, for example tool_call"`
	Page    int      `json:"page,omitempty" jsonschema:"page of the answer, from 1"`
}

// about is a scope with what is asked about.
type about struct {
	scope

	ID string `json:"id" jsonschema:"trace id, task id or session id; a trace id may be cut to its first eight digits or more"`
}

type aboutAgent struct {
	scope

	Name string `json:"name" jsonschema:"name of the agent"`
}

// asking is one question under way.
type asking struct {
	*answerer
	*lake.View

	filter lake.Filter
}

// tool is a row of the table of tools.
type tool struct {
	name, title, description string
	add                      func(a *answerer, s *mcp.Server, t *tool)
}

// scoped is a tool that takes a scope and nothing else.
func scoped(build func(ctx context.Context, q *asking) (*report.Document, error)) func(*answerer, *mcp.Server, *tool) {
	return func(a *answerer, s *mcp.Server, t *tool) {
		add(a, s, t, func(in scope) scope { return in }, func(ctx context.Context, q *asking, _ scope) (*report.Document, error) { return build(ctx, q) })
	}
}

func byID(build func(ctx context.Context, q *asking, in about) (*report.Document, error)) func(*answerer, *mcp.Server, *tool) {
	return func(a *answerer, s *mcp.Server, t *tool) {
		add(a, s, t, func(in about) scope { return in.scope }, build)
	}
}

var tools = []tool{
	{"audit_log", "Audit log", "The newest audit events, one a row, newest first. Narrow it by time, agent, user, session, tool, tier or type.", scoped(auditLog)},
	{"trace_task", "Trace a task", "What happened in one task or trace, step by step: agents, model calls, tool calls, approvals, errors.", byID(traceTask)},
	{"session", "Session", "One session: who, which agents and models, steps, approvals, tokens and cost so far.", byID(session)},
	{"audit_agent", "Audit an agent", "What one agent did: activity, errors, durations, tools, resources, approvals, handoffs, cost, and the change against the week before.", func(a *answerer, s *mcp.Server, t *tool) {
		add(a, s, t, func(in aboutAgent) scope { return in.scope }, auditAgent)
	}},
	{"error_summary", "Error summary", "What failed, what it said, whose it was, and what to do about it.", scoped(definition("errors"))},
	{"summary", "Summary", "How much happened: totals, error rate, handoffs, active agents.", scoped(definition("summary"))},
	{"compliance_report", "Compliance report", "Checks against the policy, passed, failed or not decidable, with numbers and event ids. It helps to meet rules; it certifies nothing.", scoped(complianceReport)},
	{"forensic_analysis", "Forensic analysis", "What went wrong in a trace or session: first cause, failing branch, retries, decisions, approvals, what was read before.", byID(forensicAnalysis)},
	{"anomalies", "Anomalies", "Unusual things by fixed rules: bursts, failures, denials, loops, first uses, outliers, missing approvals, sensitive reads before outgoing actions.", scoped(anomalies)},
	{"verify", "Verify", "Proves the whole bucket untouched, or names what was done to it. Reads every object: it may take minutes.", scoped(verifyBucket)},
	{"export", "Export", "Events with their main fields as data, page by page, for a program to read on.", scoped(export)},
}

func (a *answerer) addTools(s *mcp.Server) {
	for i := range tools {
		tools[i].add(a, s, &tools[i])
	}
}

// add registers a tool: it records who asks, opens a view of what the user may see, and answers.
func add[In any](a *answerer, s *mcp.Server, t *tool, scopeOf func(In) scope, build func(context.Context, *asking, In) (*report.Document, error)) {
	mcp.AddTool(s, &mcp.Tool{
		Name: t.name, Title: t.title, Description: t.description,
		Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true},
	}, func(ctx context.Context, _ *mcp.CallToolRequest, in In) (_ *mcp.CallToolResult, _ any, err error) {
		if err := a.record(ctx, t.name, in); err != nil {
			return nil, nil, err
		}
		wanted := scopeOf(in)
		filter, err := wanted.filter()
		if err != nil {
			return nil, nil, err
		}
		filter.Tiers, filter.AsStored = a.user.Narrow(filter.Tiers), a.user.Tiers != nil
		v, err := a.Lake.View(ctx, filter)
		if err != nil {
			return nil, nil, a.fault(err)
		}
		defer func() { err = errors.Join(err, v.Close()) }()
		d, err := build(ctx, &asking{a, v, filter}, in)
		if err != nil {
			return nil, nil, a.fault(err)
		}
		r, err := result(a.answer(d, v, wanted.Page))
		return r, nil, err
	})
}

// plainError is an error whose words are for who asked.
type plainError struct{ words string }

func (p *plainError) Error() string { return p.words }

func refuse(format string, args ...any) error { return &plainError{fmt.Sprintf(format, args...)} }

// fault keeps what only the log should say out of the answer.
func (a *answerer) fault(err error) error {
	var plain *plainError
	if errors.As(err, &plain) || errors.Is(err, context.Canceled) {
		return err
	}
	if a.Log != nil {
		a.Log.Error("couldn't answer", "error", err)
	}
	return errors.New("the server couldn't answer; its log says why")
}
