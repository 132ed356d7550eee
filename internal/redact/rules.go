package redact

import (
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

// ActionRule says what happens to what is found. Rule, Group and Path narrow it; what is not set fits all.
type ActionRule struct {
	Rule  string `mapstructure:"rule"`
	Group string `mapstructure:"group"`
	// Path is a JSON pointer into the event; * stands for one token, ** at the end for any number.
	Path   string `mapstructure:"path"`
	Action Action `mapstructure:"action"`
}

// UserRule finds what only the deployment knows: literal words, or a pattern in RE2
// syntax that begins with a literal of three bytes or more, or has a keyword before it.
type UserRule struct {
	ID      string   `mapstructure:"id"`
	Words   []string `mapstructure:"words"`
	Pattern string   `mapstructure:"pattern"`
	Keyword string   `mapstructure:"keyword"`
	Action  Action   `mapstructure:"action"`
	// When is an OTTL condition. The processor evaluates it for each span or log record and
	// tells the [Log]; the rule applies where it holds.
	When string `mapstructure:"when"`
}

// Allowed are exact values that stay although the rule finds them.
type Allowed struct {
	Rule   string   `mapstructure:"rule"`
	Values []string `mapstructure:"values"`
}

// profiles are the kinds of personal data that a profile leaves alone.
var profiles = map[string][]string{
	"":           nil,
	"standard":   nil,
	"operations": {detect.IP, detect.MAC},
	"secrets":    detect.Kinds,
}

// maxConditions bounds the rules with a condition.
const maxConditions = 64

func (c *Config) validateRules(bad func(string, ...any)) {
	if _, ok := profiles[c.Profile]; !ok {
		bad("profile: %q is none of standard, operations, secrets", c.Profile)
	}
	for kind := range c.Personal {
		if !slices.Contains(detect.Kinds, kind) {
			bad("personal: no kind %q", kind)
		}
	}
	known := c.ruleIDs()
	for _, name := range c.Disable {
		if !known[name] && !slices.Contains(detect.Groups, name) {
			bad("disable: no rule or group %q", name)
		}
	}
	for i, a := range c.Actions {
		switch {
		case !a.Action.valid():
			bad("actions[%d].action: %q is none of mask, hash, drop, keep", i, a.Action)
		case a.Rule != "" && !known[a.Rule]:
			bad("actions[%d].rule: no rule %q", i, a.Rule)
		case a.Group != "" && a.Group != keyRule.Group && !slices.Contains(detect.Groups, a.Group):
			bad("actions[%d].group: no group %q", i, a.Group)
		case a.Path != "" && a.Path[0] != '/':
			bad("actions[%d].path: %q does not begin with /", i, a.Path)
		}
	}
	c.validateUserRules(bad)
	for i, a := range c.Allow {
		if !known[a.Rule] {
			bad("allow[%d].rule: no rule %q", i, a.Rule)
		}
	}
}

func (c *Config) validateUserRules(bad func(string, ...any)) {
	conditions := 0
	seen := map[string]bool{}
	for i, u := range c.Rules {
		if u.ID == "" || len(u.ID) > 64 || strings.Trim(u.ID, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || seen[u.ID] {
			bad("rules[%d].id: %q is not a name of its own in lower case", i, u.ID)
		}
		seen[u.ID] = true
		if u.Action != "" && !u.Action.valid() {
			bad("rules[%d].action: %q is none of mask, hash, drop, keep", i, u.Action)
		}
		if len(u.Words) == 0 && u.Pattern == "" {
			bad("rules[%d]: set words or pattern", i)
		}
		if slices.Contains(u.Words, "") {
			bad("rules[%d].words: an empty word", i)
		}
		if u.When != "" {
			conditions++
		}
		if own := (detect.UserRule{ID: u.ID, Words: u.Words, Pattern: u.Pattern, Keyword: u.Keyword}); len(u.Words) > 0 || u.Pattern != "" {
			if err := own.Validate(); err != nil {
				bad("rules[%d]: %w", i, err)
			}
		}
	}
	if conditions > maxConditions {
		bad("rules: more than %d with when", maxConditions)
	}
}

// ruleIDs are the ids of all rules.
func (c *Config) ruleIDs() map[string]bool {
	known := map[string]bool{keyRule.ID: true, userRule.ID: true}
	for _, f := range detect.Formats() {
		known[f.ID] = true
	}
	for _, kind := range detect.Kinds {
		known[kind] = true
	}
	for _, u := range c.Rules {
		known[u.ID] = true
	}
	return known
}

func (c *Config) userRules() []detect.UserRule {
	var list []detect.UserRule
	for _, u := range c.Rules {
		list = append(list, detect.UserRule{ID: u.ID, Words: u.Words, Pattern: u.Pattern, Keyword: u.Keyword})
	}
	return list
}

// off are the rules, groups and kinds that are turned off.
func (c *Config) off() map[string]bool {
	off := map[string]bool{}
	for _, kind := range profiles[c.Profile] {
		off[kind] = true
	}
	for kind, on := range c.Personal {
		off[kind] = !on
	}
	for _, name := range c.Disable {
		off[name] = true
	}
	return off
}

// fitsPath says whether pointer is one that pattern names.
func fitsPath(pattern, pointer string) bool {
	for pattern != "" && pointer != "" {
		if pattern == "/**" {
			return true
		}
		var want, have string
		want, pattern = nextToken(pattern)
		have, pointer = nextToken(pointer)
		if want != "*" && want != have {
			return false
		}
	}
	return pattern == pointer || pattern == "/**"
}

// nextToken splits the first reference token off a JSON pointer.
func nextToken(p string) (token, rest string) {
	p = p[1:]
	if i := strings.IndexByte(p, '/'); i >= 0 {
		return p[:i], p[i:]
	}
	return p, ""
}
