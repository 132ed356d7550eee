package derive

import (
	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

func fillInvocation(d *Deriver, n *Node, e *event.Event) {
	if peer := n.Text(dialect.HandoffTo); peer != "" && n.Op == dialect.AgentStart {
		e.Action = "invoke_agent:" + peer // told by the agent that calls
		e.Source = "agent:" + n.Text(dialect.AgentName)
	}
	fillModel(d, n, e)
	d.fillInput(n, e)
	e.Params = event.RawJSON(n.Content(dialect.ToolArguments))
	fillError(d, n, e)
}

func fillFinalOutput(d *Deriver, n *Node, e *event.Event) {
	fillModel(d, n, e)
	e.Tokens = tokens(n) // the total of its model calls, which tell their own
	e.CostUSD = event.Float{}
	e.CostSource = ""
	e.Output = event.RawJSON(n.Content(dialect.OutputMessages))
	e.FinishReason = n.Text(dialect.FinishReason)
}

func fillModel(_ *Deriver, n *Node, e *event.Event) {
	e.Provider = n.Text(dialect.Provider)
	e.Model = n.Text(dialect.Model)
	e.ResponseID = n.Text(dialect.ResponseID)
	e.DurationMS = n.duration()
}

func fillResponse(d *Deriver, n *Node, e *event.Event) {
	fillModel(d, n, e)
	d.fillInput(n, e)
	output := n.Content(dialect.OutputMessages)
	e.Output = event.RawJSON(output)
	e.FinishReason = finish(n)
	if n.Op == dialect.Messages && output == "" {
		e.Outcome = event.OutcomePending // the question was told, the answer is yet to come
	}
	fillError(d, n, e)
}

// fillInput sets what is new in the conversation, and hashes what was there before.
func (d *Deriver) fillInput(n *Node, e *event.Event) {
	messages := n.Content(dialect.InputMessages)
	system := n.Content(dialect.SystemInstructions)
	fresh, history, prompt := splitMessages(messages)
	if system == "" {
		system = prompt
	}
	if d.FullMessages {
		fresh = messages
	}
	e.Input = event.RawJSON(fresh)
	if history != "" {
		e.InputHistoryHash = d.HMAC("history", history)
	}
	e.SystemPromptHash = hash(system)
	e.ToolDefinitionsHash = hash(n.Content(dialect.ToolDefinitions))
}

// splitMessages cuts an array of messages behind the last turn of the assistant: fresh is what
// follows, history what stands before, as text. System messages belong to neither; prompt
// is the first of them. What is no array of messages is fresh as it is.
func splitMessages(messages string) (fresh, history, prompt string) {
	if jsontext.KindOf(messages) != jsontext.Array {
		return messages, "", ""
	}
	start, at, count := 0, 0, 0
	var kept []byte
	for m := range jsontext.Elements(messages) {
		count++
		at += len(m)
		switch role(m) {
		case "assistant", "model", "ai":
			start = at
			kept = kept[:0]
		case "system", "developer":
			if prompt == "" {
				prompt = m
			}
		default:
			kept = append(append(kept, ','), m...)
		}
	}
	if start > 0 {
		history = historyOf(messages, start)
	}
	switch {
	case count == 0:
		return messages, "", ""
	case len(kept) > 0:
		kept[0] = '['
		return string(append(kept, ']')), history, prompt
	}
	return "", history, prompt
}

// historyOf joins the elements of an array whose lengths add up to size, so that white space
// between them does not matter.
func historyOf(messages string, size int) string {
	history := make([]byte, 0, size)
	for m := range jsontext.Elements(messages) {
		if history = append(history, m...); len(history) >= size {
			break
		}
	}
	return string(history)
}

func role(message string) string { return jsontext.GetString(message, "role") }

// finishReason returns the last reason that output messages hold, where the span has none.
func finishReason(messages string) (reason string) {
	for m := range jsontext.Elements(messages) {
		if r := jsontext.GetString(m, "finish_reason"); r != "" {
			reason = r
		}
	}
	return reason
}

// finish returns why a model stopped.
func finish(n *Node) string {
	if reason := n.Text(dialect.FinishReason); reason != "" {
		return reason
	}
	return finishReason(n.Content(dialect.OutputMessages))
}

// hasEnd says that a run told how it ended: what it gave, or what it used in all.
func hasEnd(n *Node) bool { return n.Has(dialect.OutputMessages) || hasUsage(n) }

func hasUsage(n *Node) bool {
	for _, field := range []dialect.Field{dialect.InputTokens, dialect.OutputTokens, dialect.TotalTokens, dialect.CostUSD} {
		if n.Has(field) {
			return true
		}
	}
	return false
}

func fillUsage(d *Deriver, n *Node, e *event.Event) {
	fillModel(d, n, e)
	e.Tokens = tokens(n)
	if e.CostUSD = n.Float(dialect.CostUSD); e.CostUSD.Set {
		e.CostSource = event.CostReported
		return
	}
	if usd, ok := d.Prices.Cost(e.Model, e.Tokens); ok {
		e.CostUSD, e.CostSource = event.FloatOf(usd), event.CostComputed
	}
}

func tokens(n *Node) event.Tokens {
	t := event.Tokens{
		Input: n.Int(dialect.InputTokens), Output: n.Int(dialect.OutputTokens), Total: n.Int(dialect.TotalTokens),
		Reasoning: n.Int(dialect.ReasoningTokens), CacheRead: n.Int(dialect.CacheReadTokens), CacheWrite: n.Int(dialect.CacheWriteTokens),
	}
	if !t.Total.Set && t.Input.Set && t.Output.Set {
		t.Total = event.IntOf(t.Input.Value + t.Output.Value)
	}
	if t.Input.Set && (t.CacheRead.Set || t.CacheWrite.Set) {
		t.InputIncludesCache = event.BoolOf(n.Dialects.InputIncludesCache())
	}
	return t
}

func hasReasoning(n *Node) bool {
	return n.Has(dialect.Reasoning) || reasoningIn(n.Content(dialect.OutputMessages)) != ""
}

func fillReasoning(d *Deriver, n *Node, e *event.Event) {
	fillModel(d, n, e)
	e.DurationMS = event.Float{}
	if e.Reasoning = n.Text(dialect.Reasoning); e.Reasoning == "" {
		e.Reasoning = reasoningIn(n.Content(dialect.OutputMessages))
	}
}

// reasoningIn returns the text of the reasoning parts of messages (conventions 2.3).
func reasoningIn(messages string) (text string) {
	for m := range jsontext.Elements(messages) {
		parts, _ := jsontext.Get(m, "parts")
		for p := range jsontext.Elements(parts) {
			if kind := jsontext.GetString(p, "type"); kind != "reasoning" && kind != "thinking" {
				continue
			}
			if text != "" {
				text += "\n"
			}
			text += jsontext.GetString(p, "content")
		}
	}
	return text
}

func fillPlanning(d *Deriver, n *Node, e *event.Event) {
	fillModel(d, n, e)
	d.fillInput(n, e)
	e.Output = event.RawJSON(n.Content(dialect.OutputMessages))
	e.Reasoning = n.Text(dialect.Reasoning)
	fillError(d, n, e)
}
