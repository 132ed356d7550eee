package redact

import (
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact/detect"
	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// policy is what the configuration says about rules, compiled.
type policy struct {
	actions    []ActionRule
	otherwise  Action
	own        map[string]Action // of the user's rules
	allowed    map[string]bool   // rule, NUL, value
	conditions []string
	condition  map[string]int // of the user's rules: index of its condition
	secretKeys map[string]bool
	safeKeys   map[string]bool
	users      bool // whether anything is done to users' ids
}

func newPolicy(cfg *Config) policy {
	p := policy{conditions: cfg.Conditions(), actions: cfg.Actions, otherwise: cfg.Action, own: map[string]Action{}, allowed: map[string]bool{}, condition: map[string]int{},
		secretKeys: lowerSet(cfg.SecretKeys), safeKeys: lowerSet(cfg.SafeKeys)}
	for _, a := range cfg.Actions {
		p.users = p.users || a.Rule == userRule.ID && a.Action != Keep
	}
	for _, u := range cfg.Rules {
		if u.Action != "" {
			p.own[u.ID] = u.Action
		}
		if u.When != "" {
			p.condition[u.ID] = slices.Index(p.conditions, u.When)
		}
	}
	for _, a := range cfg.Allow {
		for _, v := range a.Values {
			p.allowed[a.Rule+"\x00"+v] = true
		}
	}
	return p
}

func lowerSet(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[strings.ToLower(n)] = true
	}
	return m
}

// action is what happens to what rule found at pointer.
func (p *policy) action(rule *detect.Rule, pointer string) Action {
	for i := range p.actions {
		a := &p.actions[i]
		if rule == &userRule && a.Rule != rule.ID {
			continue // readers join on it: only what names the rule applies
		}
		if (a.Rule == "" || a.Rule == rule.ID) && (a.Group == "" || a.Group == rule.Group) && (a.Path == "" || fitsPath(a.Path, pointer)) {
			return a.Action
		}
	}
	if rule == &userRule {
		return Keep
	}
	if own, ok := p.own[rule.ID]; ok {
		return own
	}
	return p.otherwise
}

// isUser says whether what stands under name is a user's id that something is to be done to.
func (p *policy) isUser(name string) bool { return p.users && isUserName(name) }

// isAllowed says whether the allow list of rule has value.
func (p *policy) isAllowed(rule *detect.Rule, value string) bool {
	return len(p.allowed) > 0 && p.allowed[rule.ID+"\x00"+value]
}

// isMet says whether the condition of rule holds by what l was told; a rule without one always applies.
func (p *policy) isMet(rule *detect.Rule, l *Log) bool {
	if len(p.condition) == 0 {
		return true
	}
	i, conditional := p.condition[rule.ID]
	return !conditional || l.met&(1<<i) != 0
}

// classify is what a name says, with the configuration's own names.
func (p *policy) classify(name string) keyname.Class {
	if len(p.secretKeys)+len(p.safeKeys) > 0 {
		switch low := strings.ToLower(name); {
		case p.secretKeys[low]:
			return keyname.Secret
		case p.safeKeys[low]:
			return keyname.Plain
		}
	}
	return keyname.Classify(name)
}

// Conditions are the OTTL conditions of the rules that have one, each once.
func (c *Config) Conditions() (list []string) {
	for _, u := range c.Rules {
		if u.When != "" && !slices.Contains(list, u.When) {
			list = append(list, u.When)
		}
	}
	return list
}

// Conditions are the OTTL conditions of the rules that have one. Whoever can evaluate them
// tells the [Log] of an event with [Log.Meet] or [Log.ResetFor] before anything is redacted; a condition
// of which nothing was told does not hold.
func (r *Redactor) Conditions() []string { return r.policy.conditions }
