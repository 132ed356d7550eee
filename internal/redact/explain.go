package redact

import (
	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

// Explanation says of one place in a text what happens to it and why.
type Explanation struct {
	Path       string // JSON pointer of the text in which the place is
	Start, End int    // offsets in that text, its JSON escapes undone
	Rule       string // rule id; "failed:" and a reason where redaction failed
	Group      string // group of the rule
	Action     Action // what happens
	Reason     string // what the rule looks for, or why it doesn't apply here
}

// Explain redacts as [Redactor.Text] does, and says of each place where a rule has found something, kept ones
// included, what became of it. It is for people who tune the configuration.
func (r *Redactor) Explain(l *Log, path, key, text string) (out string, list []Explanation) {
	l.explain = &list
	defer func() { l.explain = nil }()
	out = r.Text(l, path, key, text)
	return out, list
}

// decide says what happens to value, which rule found at offset at of the text at pointer.
func (r *Redactor) decide(l *Log, rule *detect.Rule, value, pointer string, at int) Action {
	action, reason := Keep, ""
	switch p := &r.policy; {
	case p.isAllowed(rule, value):
		reason = "kept: the value is on the rule's allow list"
	case !p.isMet(rule, l):
		reason = "kept: the rule's condition doesn't hold"
	default:
		action = p.action(rule, pointer)
	}
	if l.explain != nil {
		if reason == "" {
			reason = r.reason(rule)
		}
		l.explained(Explanation{pointer, at, at + len(value), rule.ID, rule.Group, action, reason})
	}
	return action
}

func (r *Redactor) reason(rule *detect.Rule) string {
	switch rule {
	case &keyRule:
		return "it stands under the name of a secret"
	case &userRule:
		return "it stands under the name of a user's id"
	}
	return r.detectors.Reason(rule)
}

func (l *Log) explained(e Explanation) {
	if l.explain != nil {
		*l.explain = append(*l.explain, e)
	}
}

// shift moves what was explained from the n-th explanation on by offset: that text was a part of a longer one.
func (l *Log) shift(n, offset int) {
	if l.explain == nil {
		return
	}
	for i := n; i < len(*l.explain); i++ {
		(*l.explain)[i].Start += offset
		(*l.explain)[i].End += offset
	}
}

// explanations is how many there are.
func (l *Log) explanations() int {
	if l.explain == nil {
		return 0
	}
	return len(*l.explain)
}
