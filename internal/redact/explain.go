package redact

import (
	"github.com/agentaudit/agentaudit/internal/redact/detect"
	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// Explanation says of one place in a text what would happen to it and why.
type Explanation struct {
	Start, End int    // offsets in the text
	Rule       string // rule id
	Group      string // group of the rule
	Action     Action // what the configuration says
	Reason     string // what the rule looks for
}

// Explain says what the detectors find in a text that stands under key, as it is: JSON in it
// is not walked. It is for people who tune the configuration.
func (r *Redactor) Explain(key, text string) []Explanation {
	var scratch detect.Scratch
	hint := detect.Hint{Key: key, Structural: keyname.Classify(key) == keyname.Structural}
	if keyname.IsSecret(key) && !isPlaceholder(text) {
		return []Explanation{{0, len(text), keyRule.ID, keyRule.Group, r.policy.action(&keyRule, ""), "it stands under the name of a secret"}}
	}
	var list []Explanation
	for _, f := range r.detectors.Find(&scratch, nil, text, hint) {
		list = append(list, Explanation{f.Start, f.End, f.Rule.ID, f.Rule.Group, r.policy.action(f.Rule, ""), r.detectors.Reason(f.Rule)})
	}
	return list
}
