package dialect

import "github.com/agentaudit/agentaudit/internal/jsontext"

// Proposal is a tool call that a model asked for. It is no proof that the tool ran.
type Proposal struct{ ID, Name, Arguments string }

// Proposals yields the tool calls that a model's answer holds.
func (f *Facts) Proposals(yield func(Proposal) bool) { proposalsIn(f.Content(OutputMessages), yield) }

// Recalled yields the tool calls that stand in the history that a model was given.
func (f *Facts) Recalled(yield func(Proposal) bool) { proposalsIn(f.Content(InputMessages), yield) }

func proposalsIn(messages string, yield func(Proposal) bool) {
	n := 0
	for m := range jsontext.Elements(messages) {
		if n++; n > maxMessages {
			return
		}
		for p := range partsOf(m) {
			if jsontext.GetString(p, "type") != "tool_call" {
				continue
			}
			if c := proposalOf(p); c.name != "" && !yield(Proposal{c.id, c.name, c.arguments}) {
				return
			}
		}
	}
}
