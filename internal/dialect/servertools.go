package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// A provider may run tools itself: web search, code, the tools of an MCP server. No span tells of them,
// but the answer holds the call together with its result.

// readServerTools makes facts of the calls that a model's answer says were run.
func (f *Facts) readServerTools() {
	if f.Op != ModelCall && f.Op != Messages {
		return
	}
	output := f.Content(OutputMessages)
	if !strings.Contains(output, `_response"`) {
		return
	}
	calls := map[string]proposal{}
	for m := range jsontext.Elements(output) {
		for p := range partsOf(m) {
			if len(calls) > maxMessages {
				return
			}
			id := jsontext.GetString(p, "id")
			switch jsontext.GetString(p, "type") {
			case "tool_call", "server_tool_call":
				c := proposalOf(p)
				if body, ok := jsontext.Get(p, "server_tool_call"); ok {
					c.arguments = firstOf(body, []string{"arguments", "input"})
				}
				c.arguments = bareArguments(c)
				calls[id] = c
			case "tool_call_response", "server_tool_call_response":
				if c, ok := calls[id]; ok && id != "" {
					f.serverTool(c, firstOf(p, []string{"response", "server_tool_call_response"}))
				}
			}
		}
	}
}

// bareArguments takes the arguments out of "name({…})", as OpenTelemetry's OpenAI instrumentation writes them.
func bareArguments(c proposal) string {
	if inner, ok := strings.CutPrefix(c.arguments, c.name+"("); ok {
		return strings.TrimSuffix(inner, ")")
	}
	return c.arguments
}

func (f *Facts) serverTool(c proposal, result string) {
	g := newApprovals(f).fact(ToolRun, c)
	g.Start = g.End // somewhen before the answer
	if text, ok := jsontext.Unquote(result); ok {
		result = text
	}
	g.Set(ToolResult, result)
	if c.server != "" {
		g.Set(ToolType, "mcp")
	} else {
		g.Set(ToolType, "extension")
	}
}
