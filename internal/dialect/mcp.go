package dialect

import "go.opentelemetry.io/collector/pdata/pcommon"

// mcp is the OpenTelemetry convention for the Model Context Protocol, spans of clients and of
// servers. It leads, since its method says more than the execute_tool that may stand beside it.
var mcp = Dialect{
	Name:    "mcp",
	Markers: []string{"mcp.method.name"},
	Keys: []Key{
		{"mcp.method.name", Method},
		{"mcp.resource.uri", Resource},
		{"gen_ai.tool.name", ToolName},
		{"gen_ai.prompt.name", Query},
		{"server.address", ToolServer},
		{"gen_ai.tool.call.id", ToolCallID},
		{"gen_ai.tool.call.arguments", ToolArguments},
		{"gen_ai.tool.call.result", ToolResult},
		{"gen_ai.conversation.id", SessionID},
		{"session.id", SessionID},
		{"mcp.session.id", SessionID},
		{"user.id", UserID},
		{"enduser.id", UserID},
		{"error.type", ErrorType},
		{"error.message", ErrorMessage},
	},
	Operations: map[string]Op{
		"tools/call":               ToolRun,
		"resources/read":           DataRead,
		"resources/subscribe":      DataRead,
		"prompts/get":              DataRead,
		"initialize":               SessionStart,
		"elicitation/create":       ApprovalAsked,
		"resources/unsubscribe":    Glue,
		"resources/list":           Glue,
		"resources/templates/list": Glue,
		"prompts/list":             Glue,
		"tools/list":               Glue,
		"roots/list":               Glue,
		"completion/complete":      Glue,
		"logging/setlevel":         Glue,
		"ping":                     Glue,
	},
	Names: []Name{
		{"tools/call", ToolRun, ToolName},
	},
	Refine: refineMCP,
}

func refineMCP(f *Facts) {
	if f.Op == Unknown && len(f.Text(Method)) > len(notification) && f.Text(Method)[:len(notification)] == notification {
		f.Op = Glue
	}
	if f.Op == ToolRun {
		f.Set(ToolName, nameAfter(f, "tools/call"))
		f.Set(ToolType, "mcp")
	}
	if f.Op == DataRead {
		f.Set(Resource, prefixed("prompt:", f.Text(Query)))
	}
}

const notification = "notifications/"

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// readEvaluation links a judgement to what it judges.
func readEvaluation(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	f.Take(FeedbackTarget, attributes, "gen_ai.response.id")
	if !f.SpanID.IsEmpty() {
		f.Set(FeedbackTarget, f.SpanID.String())
	}
}
