package derive

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// touch is what data a tool call touched.
type touch struct {
	operation string // event.Read or event.Write, "" for none or not known
	resource  string
}

// tools says what the tools of the coding agents do to data, by name in lower case, and which of their
// arguments name it. Shells are not here: what a command does is not in its name.
var tools = map[string]struct {
	operation string
	arguments []string
}{
	// Claude Code
	"read":         {event.Read, files},
	"glob":         {event.Read, patterns},
	"grep":         {event.Read, patterns},
	"ls":           {event.Read, files},
	"notebookread": {event.Read, files},
	"webfetch":     {event.Read, urls},
	"websearch":    {event.Read, queries},
	"edit":         {event.Write, files},
	"multiedit":    {event.Write, files},
	"write":        {event.Write, files},
	"notebookedit": {event.Write, files},
	// Gemini CLI
	"read_file":           {event.Read, files},
	"read_many_files":     {event.Read, patterns},
	"list_directory":      {event.Read, files},
	"search_file_content": {event.Read, patterns},
	"grep_search":         {event.Read, patterns},
	"web_fetch":           {event.Read, append(urls, queries...)},
	"google_web_search":   {event.Read, queries},
	"write_file":          {event.Write, files},
	"replace":             {event.Write, files},
	"save_memory":         {event.Write, nil},
	// Codex
	"apply_patch": {event.Write, files},
	"view_image":  {event.Read, files},
	"list_dir":    {event.Read, files},
	"grep_files":  {event.Read, patterns},
	"web_search":  {event.Read, queries},
	// Copilot
	"copilot_readfile":             {event.Read, files},
	"file_search":                  {event.Read, patterns},
	"semantic_search":              {event.Read, queries},
	"fetch_webpage":                {event.Read, urls},
	"create_file":                  {event.Write, files},
	"edit_file":                    {event.Write, files},
	"insert_edit_into_file":        {event.Write, files},
	"replace_string_in_file":       {event.Write, files},
	"multi_replace_string_in_file": {event.Write, files},
	"edit_notebook_file":           {event.Write, files},
	// The reference MCP file system server
	"read_text_file":            {event.Read, files},
	"read_media_file":           {event.Read, files},
	"read_multiple_files":       {event.Read, files},
	"list_directory_with_sizes": {event.Read, files},
	"directory_tree":            {event.Read, files},
	"search_files":              {event.Read, files},
	"get_file_info":             {event.Read, files},
	"create_directory":          {event.Write, files},
	"move_file":                 {event.Write, files},
}

// The arguments that name what a tool touches, the preferred ones first.
var (
	files    = []string{"file_path", "filePath", "absolute_path", "notebook_path", "path", "paths", "dir_path", "directory", "source"}
	patterns = []string{"path", "dir_path", "include", "pattern", "query"}
	urls     = []string{"url", "urls", "uri"}
	queries  = []string{"query", "prompt"}
)

// touchOf says what data a tool call touched. What did not run touched nothing.
func touchOf(n *Node) touch {
	if n.withheld || n.merged || n.detailed {
		return touch{}
	}
	if n.Text(dialect.ToolType) == "datastore" {
		return touch{event.Read, n.Text(dialect.Resource)}
	}
	tool, ok := tools[strings.ToLower(plainTool(n))]
	if !ok {
		return touch{}
	}
	if resource := n.Text(dialect.Resource); resource != "" {
		return touch{tool.operation, resource}
	}
	arguments := n.Content(dialect.ToolArguments)
	for _, key := range tool.arguments {
		if value, ok := jsontext.Get(arguments, key); ok {
			if text, ok := jsontext.Unquote(value); ok {
				value = text
			}
			return touch{tool.operation, value}
		}
	}
	return touch{tool.operation, ""}
}

// plainTool returns a tool's name without the server that coding agents put before it, as in
// mcp__files__read_file.
func plainTool(n *Node) string {
	name := n.Text(dialect.ToolName)
	if server := n.Text(dialect.ToolServer); server != "" {
		for _, prefix := range []string{"mcp__" + server + "__", "mcp_" + server + "_", server + "__"} {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				return rest
			}
		}
	}
	return name
}

func reads(n *Node) bool  { return n.touched.operation == event.Read }
func writes(n *Node) bool { return n.touched.operation == event.Write }

func fillTouched(d *Deriver, n *Node, e *event.Event) {
	fillTool(d, n, e)
	e.Operation, e.Resource = n.touched.operation, n.touched.resource
	e.DurationMS = n.duration()
	fillError(d, n, e)
}

// enrich lets what was touched or refused inside an agent's work be told once: the query of a database inside
// a retrieval or a data tool, the refused request inside a call that was refused for it.
func (t *Tree) enrich() {
	for _, n := range t.nodes {
		p := n.around()
		if p == nil || n.merged {
			continue
		}
		switch {
		case isData(n.Op) && isData(p.Op) && n.Signal == dialect.SignalSpan:
			p.take(n)
		case isData(n.Op) && p.Op == dialect.ToolRun:
			p.detailed = true
		case n.Op == dialect.Exception && n.outcome == event.OutcomeDenied && p.outcome == event.OutcomeDenied:
			p.Adopt(dialect.Resource, n.Facts)
			n.merged = true
		}
	}
}
